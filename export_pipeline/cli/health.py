"""`export-pipeline health`: whether the installation works now, for people and for monitoring."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dagster import DagsterInstance

from export_pipeline.cli.findings_table import print_findings
from export_pipeline.cli.home import Home, open_home, running_server
from export_pipeline.cli.loading import load_settings
from export_pipeline.defs.health.examine import examine
from export_pipeline.preflight.finding import is_sound
from export_pipeline.settings import Settings

_PATIENT_S: Final = 5


def run_health(folder: Path, *, as_json: bool) -> int:
    """Show what is found; return 1 when anything is marked ✗, 0 otherwise."""
    os.environ.setdefault("PGCONNECT_TIMEOUT", str(_PATIENT_S))  # Dagster's own connections have no limit
    with _settings(folder) as settings:
        findings = [reading.finding for reading in examine(settings, _instance)]
    print_findings(findings, as_json=as_json)
    return 0 if is_sound(findings) else 1


@contextmanager
def _instance() -> Iterator[DagsterInstance]:
    """Open Dagster's instance with an end to each statement: a table may be locked."""
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(statement_timeout=_PATIENT_S * 1000, pool_recycle=60, max_overflow=1)
        yield instance


@contextmanager
def _settings(folder: Path) -> Iterator[Settings]:
    """Give the settings, or those of the home where neither database is set."""
    settings = load_settings()
    is_set = settings.has_source or settings.storage_url is not None
    if is_set or not Home(folder.absolute()).has_server():
        yield settings
        return
    with running_server(open_home(folder)):
        yield Settings.load()
