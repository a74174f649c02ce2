"""`export-pipeline check`: what stands between this configuration and its first published partition."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from export_pipeline.cli.findings_table import print_findings
from export_pipeline.cli.home import Home, open_home, running_server
from export_pipeline.cli.loading import load_settings
from export_pipeline.definitions import build_definitions
from export_pipeline.defs.preflight import DAGSTER
from export_pipeline.errors import ConfigError
from export_pipeline.preflight.finding import Finding, is_sound, ok
from export_pipeline.preflight.look import Look
from export_pipeline.preflight.registry import preflight
from export_pipeline.settings import Settings


def run_check(folder: Path, datasets: Sequence[str], *, as_json: bool) -> int:
    """Show what is found; return 1 when anything is marked ✗, 0 otherwise. Raises: ConfigError for a dataset's name."""
    with _source(folder):
        findings = list(preflight(load_settings, datasets, (*DAGSTER, ("dagster: code location", _check_code))))
    print_findings(findings, as_json=as_json)
    return 0 if is_sound(findings) else 1


def _check_code(look: Look) -> Iterator[Finding]:
    """Load what Dagster loads."""
    repository = build_definitions(look.settings).get_repository_def()
    yield ok("dagster: code location", f"loads, with {len(repository.asset_graph.get_all_asset_keys())} assets")


@contextmanager
def _source(folder: Path) -> Iterator[None]:
    """Run the home's embedded database while the block runs, where there is one and no source is set."""
    home = Home(folder.absolute())
    if not home.has_server() or _names_a_source():
        yield
        return
    with running_server(open_home(folder)):
        yield


def _names_a_source() -> bool:
    try:
        return Settings.load().has_source
    except ConfigError:  # the first finding says so
        return True
