"""The checks that take Dagster to look at, and the job that runs all of them where the exports themselves will run."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import yaml
from dagster import DagsterInstance, Failure, JobDefinition, OpExecutionContext, job, op
from dagster_postgres import PostgresRunStorage

from export_pipeline.defs.dagster_yaml import project_dagster_yaml
from export_pipeline.defs.findings import findings_table
from export_pipeline.defs.health.daemon import daemon
from export_pipeline.defs.health.places import storage_database
from export_pipeline.preflight.finding import Finding, State, failed, not_looked_at, ok, warning
from export_pipeline.preflight.look import Look
from export_pipeline.preflight.registry import NamedCheck, preflight
from export_pipeline.settings import Settings

_DAEMON: Final = "dagster: daemon"


def check_dagster(look: Look) -> Iterator[Finding]:
    """Look at Dagster's storage, its folder and its daemon; nothing is made that is not there."""
    if look.settings.storage_url is None:
        yield warning(
            "dagster: storage",
            "EXPORT_STORAGE_URL is not set: `export-pipeline export` works without it, Dagster does not",
            "give Dagster a database of its own, and set EXPORT_STORAGE_URL to it",
        )
        return
    reached = storage_database(look.settings).finding
    yield replace(reached, subject="dagster: storage")
    home = _check_home()
    yield home
    if reached.state is State.FAILED:
        yield not_looked_at("dagster: tables", "its database cannot be reached")
        return
    storage = PostgresRunStorage(look.settings.storage_url.get_secret_value(), should_autocreate_tables=False)
    found, wanted = storage.alembic_version()
    yield _check_tables(found, wanted)
    if found is None:
        yield not_looked_at(_DAEMON, "Dagster was never started on it")
    elif found != wanted or home.state is State.FAILED:
        yield not_looked_at(_DAEMON, "its tables or its folder are not as they must be")
    else:
        yield _check_daemon()


DAGSTER: Final[Sequence[NamedCheck]] = (("dagster", check_dagster),)


def preflight_job(settings: Settings) -> JobDefinition:
    """Return the job `preflight`: one op, which fails when anything is marked ✗."""

    @op(name="look", description="Looks at source, datasets, destination and Dagster; changes nothing.")
    def look(context: OpExecutionContext) -> None:
        findings = list(preflight(lambda: settings, more=DAGSTER))
        metadata = {"findings": findings_table(findings)}
        for finding in findings:
            context.log.info("%s %s: %s", finding.state.mark, finding.subject, finding.found)
        if bad := [finding for finding in findings if finding.state is State.FAILED]:
            said = "; ".join(f"{finding.subject}: {finding.found}" for finding in bad)
            raise Failure(said, metadata=metadata, allow_retries=False)
        context.add_output_metadata(metadata)

    @job(name="preflight", description="What stands between this configuration and its first published partition.")
    def preflight_of_all() -> None:
        look()

    return preflight_of_all


def _check_home() -> Finding:
    """Compare DAGSTER_HOME's dagster.yaml with the project's own."""
    subject, folder = "dagster: DAGSTER_HOME", os.environ.get("DAGSTER_HOME")
    ours = project_dagster_yaml()
    if not folder:
        return failed(subject, "it is not set", f"set it to an absolute folder that holds a copy of {ours}")
    file = Path(folder, "dagster.yaml")
    try:
        there, here = (yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in (file, ours))
    except (OSError, yaml.YAMLError) as error:
        return failed(subject, f"{file} cannot be read: {error}", f"copy {ours} there")
    if there.get("storage") != here["storage"]:
        return failed(subject, f"{file} does not keep runs in EXPORT_STORAGE_URL", f"copy `storage` from {ours}")
    others = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    return ok(subject, f"{file}, with its own {', '.join(others)}" if others else f"{file}, the project's own")


def _check_tables(found: str | None, wanted: object) -> Finding:
    """Compare the migration that the tables are at, None where there are none, with the one that Dagster wants."""
    subject = "dagster: tables"
    if found is None:
        return ok(subject, "none yet; Dagster makes them when it is started first")
    if found != wanted:
        said = f"they are at migration {found}, the installed Dagster wants {wanted}"
        return failed(subject, said, "dagster instance migrate")
    return ok(subject, f"up to date (migration {found})")


def _check_daemon() -> Finding:
    """Look for the daemon's heartbeats; before the first start it is no mistake that there are none."""
    with DagsterInstance.get() as instance:
        found = daemon(instance, datetime.now(UTC)).finding
    state = State.WARNING if found.state is State.FAILED else found.state
    return replace(found, subject=_DAEMON, state=state)
