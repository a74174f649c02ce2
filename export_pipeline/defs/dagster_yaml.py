"""Where the project's own dagster.yaml is."""

from importlib.resources import files
from pathlib import Path


def project_dagster_yaml() -> Path:
    """Return its path: inside the installed package, or above it in a checkout."""
    package = Path(str(files("export_pipeline")))
    installed = package / "dagster.yaml"
    return installed if installed.exists() else package.parent / "dagster.yaml"
