"""Writes `docs/configuration.md` from the settings' own code.

Run it as `python -m export_pipeline_tests.project.configuration_page`.
"""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, SecretStr

from export_pipeline.settings import PREFIX, DatasetSettings, Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"

_HEAD = """# Configuration

Everything is set by environment variables. A value that cannot be, and a variable that begins with `EXPORT_` and is no
setting, is an error that names it. `DAGSTER_HOME` is Dagster's own: the folder with `dagster.yaml`.

"""

_DATASETS = """
## Settings of one dataset

`EXPORT_DATASETS__LOGS__…`, and the same for `ANOMALIES` and `IPS`.

"""


def render() -> str:
    """Return the page."""
    own = _table(DatasetSettings, f"{PREFIX}DATASETS__LOGS__")
    return _HEAD + _table(Settings, PREFIX) + _DATASETS + own


def _table(model: type[BaseModel], prefix: str) -> str:
    lines = ["| variable | default | what | example |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        example = (field.examples or [""])[0]
        default = _shown(field.get_default(call_default_factory=True))
        lines.append(f"| `{prefix}{name.upper()}` | {default} | {field.description} | `{example}` |")
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    if value is None or value in ({}, ()):
        return "none"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    if isinstance(value, StrEnum):
        return f"`{value.value}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "set" if isinstance(value, SecretStr) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
