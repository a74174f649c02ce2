"""The file of `export --config`: YAML, and so JSON too, with the fields of a request."""

import sys
from pathlib import Path
from typing import Any

import yaml

from export_pipeline.errors import ConfigError


def read_config(path: Path | None) -> dict[str, Any]:
    """Return the fields in the file, or on standard input for `-`; none without one.

    Raises: ConfigError where it cannot be read, or is no mapping.
    """
    if path is None:
        return {}
    try:
        found = yaml.safe_load(sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"--config {path}: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no UTF-8, or a date such as 2026-02-30
        raise ConfigError(f"--config {path}: it is no YAML: {' '.join(str(error).split())}") from error
    except RecursionError:
        raise ConfigError(f"--config {path}: its brackets stand too deep in one another") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigError(f"--config {path}: it must hold fields, for example `datasets: [logs]`")
    return {str(name): _plain(value) for name, value in found.items()}


def _plain(value: object) -> object:
    """Return a date or time, which YAML reads by itself, as the text that people wrote."""
    return value.isoformat() if hasattr(value, "isoformat") else value
