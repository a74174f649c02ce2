"""A home folder: the embedded database, Dagster's own folder and the exports, and the environment that joins them."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from export_pipeline.cli.sharing import shared
from export_pipeline.defs.dagster_yaml import project_dagster_yaml
from export_pipeline.embedded.server import EmbeddedServer, start_or_join
from export_pipeline.errors import ConfigError
from export_pipeline.settings import PREFIX
from export_pipeline.settings.destination import S3Settings
from export_pipeline.settings.source import SourceSettings, TlsSettings

_ELSEWHERE = ("env_file", "config", *SourceSettings.model_fields, *TlsSettings.model_fields, *S3Settings.model_fields)
SOURCE_DATABASE = "source"
STORAGE_DATABASE = "dagster"


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """Which sample a home holds: the same record gives the same rows again."""

    logs: int
    days: int
    seed: int
    last_day: date

    @property
    def first_day(self) -> date:
        """The day of the first partition."""
        return self.last_day - timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of a home; they need not be there yet."""

    folder: Path

    @property
    def postgres(self) -> Path:
        """The embedded server's folder."""
        return self.folder / "postgres"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME, with a copy of the project's dagster.yaml."""
        return self.folder / "dagster"

    @property
    def exports(self) -> Path:
        """The root of what is published."""
        return self.folder / "exports"

    @property
    def _sample_file(self) -> Path:
        return self.folder / "sample.json"

    def has_server(self) -> bool:
        """Whether an embedded server was ever started here."""
        return self.postgres.is_dir()

    def read_sample(self) -> SampleRecord | None:
        """Return which sample was loaded; None before the first time."""
        if not self._sample_file.exists():
            return None
        fields = json.loads(self._sample_file.read_text(encoding="utf-8"))
        return SampleRecord(**fields | {"last_day": date.fromisoformat(fields["last_day"])})

    def write_sample(self, sample: SampleRecord) -> None:
        """Keep which sample was loaded."""
        fields = asdict(sample) | {"last_day": sample.last_day.isoformat()}
        self._sample_file.write_text(json.dumps(fields), encoding="utf-8")


def open_home(folder: Path) -> Home:
    """Return the home at `folder`, made where it is missing. Raises: ConfigError where it cannot be."""
    home = Home(folder.absolute())
    try:
        for part in (home.folder, home.dagster, home.exports):
            part.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project_dagster_yaml(), home.dagster / "dagster.yaml")
    except OSError as error:
        raise ConfigError(
            f"home {home.folder}: {error.strerror}; choose a folder you can write to with --home"
        ) from error
    return home


@contextmanager
def running_server(home: Home, *, waits: bool = True) -> Iterator[EmbeddedServer]:
    """Start the home's server, or join it, with its two databases there, and point the environment at it.

    A server that was started here stops at the end; with `waits`, once the other commands that joined it have ended.
    """
    with shared(home.folder / "users.lock") as wait_alone, start_or_join(home.postgres) as server:
        for database in (SOURCE_DATABASE, STORAGE_DATABASE):
            server.create_database(database)
        os.environ |= environment(home, server)
        yield server
        if server.owned and waits:
            wait_alone()


def environment(home: Home, server: EmbeddedServer) -> dict[str, str]:
    """Return the variables under which every process of this home runs."""
    sample = home.read_sample()
    first = {"EXPORT_FIRST_PARTITION": sample.first_day.isoformat()} if sample else {}
    return first | {
        # A home is complete in itself: what is set of another source and another destination is not for it.
        **{f"{PREFIX}{name.upper()}": "" for name in _ELSEWHERE},
        # A backfill waits for a code server that is being started again, instead of failing.
        "DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR": "1",
        "DAGSTER_HOME": str(home.dagster),
        "EXPORT_ROOT": str(home.exports),
        "EXPORT_SOURCE_URL": server.url(SOURCE_DATABASE),
        "EXPORT_STORAGE_URL": server.url(STORAGE_DATABASE, driver="postgresql+psycopg2"),
    }
