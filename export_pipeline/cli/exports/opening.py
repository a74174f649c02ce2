"""Opens what the commands ask: the installation of this machine, or a webserver's."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from dagster import DagsterInstance
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import OperationalError

from export_pipeline.cli.exports.webserver import Webserver
from export_pipeline.cli.exports.webserver_runs import WebserverRuns
from export_pipeline.cli.home import Home, open_home, running_server
from export_pipeline.cli.loading import load_settings, unused_home
from export_pipeline.defs.exports.deleting import Removal, Remover
from export_pipeline.defs.exports.history import History
from export_pipeline.defs.exports.record import Status
from export_pipeline.errors import ConfigError, DestinationError, TransientError
from export_pipeline.settings import Settings


class Access(Protocol):
    """The exports of one installation."""

    @property
    def history(self) -> History:
        """What is known of them."""

    def remove(self, export_ids: Sequence[str], age: timedelta | None, *, dry_run: bool) -> Sequence[Removal]:
        """Remove these exports, and with an age all that is older. Raises: ExportError."""


@dataclass(frozen=True, slots=True)
class LocalAccess:
    """The installation that this machine is a part of."""

    instance: DagsterInstance
    settings: Settings = field(repr=False)

    @property
    def history(self) -> History:
        """What the run storage knows."""
        return History.of(self.instance)

    def remove(self, export_ids: Sequence[str], age: timedelta | None, *, dry_run: bool) -> Sequence[Removal]:
        """Remove them from here."""
        return Remover(self.instance, self.settings.destination).remove(export_ids, age, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class RemoteAccess:
    """The installation behind a webserver."""

    runs: WebserverRuns

    @property
    def history(self) -> History:
        """What the webserver knows."""
        return History(self.runs)

    def remove(self, export_ids: Sequence[str], age: timedelta | None, *, dry_run: bool) -> Sequence[Removal]:
        """Have them removed by a run of the job `delete_exports`."""
        older_than = "" if age is None else f"{round(age.total_seconds())}s"
        return self.runs.remove(export_ids, older_than, dry_run=dry_run)


@contextmanager
def opened(home: Path, url: str | None) -> Iterator[Access]:
    """Give the exports behind the webserver at `url`, or those of this machine. Raises: ConfigError, TransientError."""
    if url is not None:
        yield RemoteAccess(WebserverRuns(Webserver(url)))
        return
    with opened_settings(home) as settings:
        if settings.storage_url is None or not os.environ.get("DAGSTER_HOME"):
            raise ConfigError(_no_history(home, settings))
        with _storage_errors(), DagsterInstance.get() as instance:
            yield LocalAccess(instance, settings)


@contextmanager
def opened_files(home: Path, url: str | None, export_id: str) -> Iterator[tuple[Settings, str]]:
    """Give the settings that say where the files are, and the whole id of an export that has some.

    Raises: ConfigError when it has none (yet, or any more), TransientError.
    """
    with opened(home, url) as access:
        record = access.history.find(export_id)
        if record.status is not Status.SUCCEEDED:
            raise ConfigError(f"export {record.id}: {record.status}, so it has no files to take")
        if record.output is not None:
            raise ConfigError(f"export {record.id}: its files were written to {record.output}; take them there")
        if isinstance(access, LocalAccess):
            yield access.settings, record.id
            return
    settings = load_settings()
    try:
        yield settings, record.id
    except DestinationError as error:
        raise DestinationError(
            f"{error}. Files do not come through the webserver: set EXPORT_ROOT on this machine to where that "
            f"installation publishes, now {settings.root_url}, and for a bucket its EXPORT_S3_… credentials"
        ) from error


@contextmanager
def opened_settings(home: Path) -> Iterator[Settings]:
    """Give the settings, or those of the home where neither a source nor a storage is set."""
    settings = load_settings()
    is_set = settings.has_source or settings.storage_url is not None
    if is_set or not Home(home.absolute()).has_server():
        yield settings
        return
    with running_server(open_home(home)):
        yield Settings.load()


def _no_history(home: Path, settings: Settings) -> str:
    if settings.has_source:
        return f"no history of exports here. {unused_home(settings)}, or give --url of a webserver"
    return (
        "no history of exports here: set DAGSTER_HOME and EXPORT_STORAGE_URL, or give --url of a webserver, "
        f"or run `export-pipeline demo --home {home}` first"
    )


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, DagsterPostgresException) as error:
        said = type(getattr(error, "orig", None) or error.__cause__ or error).__name__
        raise TransientError(
            f"Dagster's storage (EXPORT_STORAGE_URL): does not answer ({said}); see that it runs, then try again"
        ) from error
