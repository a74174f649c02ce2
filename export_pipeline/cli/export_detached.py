"""`export --detach`: the same command in a process of its own, which goes on when the terminal is closed."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dagster import DagsterInstance

from export_pipeline.errors import ConfigError, ExportError

_WITHIN_S: Final = 60
_COMMAND: Final = "from export_pipeline.cli.app import main; main()"


def start_detached(given: Mapping[str, Any], home: Path, export_id: str, instance: DagsterInstance) -> None:
    """Start the export and return once its run is known to Dagster. Raises: ExportError with what it says instead."""
    if instance.is_ephemeral:
        raise ConfigError(
            "--detach: nobody would know of the export; set EXPORT_STORAGE_URL and DAGSTER_HOME, or use a --home"
        )
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [
                sys.executable,
                "-c",
                _COMMAND,
                "export",
                "--config",
                "-",
                "--export-id",
                export_id,
                "--yes",
                "--home",
                str(home),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=Path.cwd(),
            env=os.environ.copy(),
            start_new_session=True,
        )
        if process.stdin is not None:
            process.stdin.write(json.dumps(given).encode())
            process.stdin.close()
        deadline = time.monotonic() + _WITHIN_S
        while not instance.has_run(export_id):
            if process.poll() is not None or time.monotonic() > deadline:
                said.seek(0)
                raise ExportError(
                    said.read().decode(errors="replace").strip().removeprefix("error: ") or "it did not start"
                )
            time.sleep(0.1)
