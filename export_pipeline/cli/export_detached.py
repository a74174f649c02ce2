"""`export --detach`: the same command in a process of its own, which goes on when the terminal is closed."""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from export_pipeline.cli.standard_output import printing
from export_pipeline.errors import ConfigError, TransientError

EXIT_TRANSIENT: Final = 75
_COMMAND: Final = "from export_pipeline.cli.app import main; main()"


def detach(given: Mapping[str, Any], home: Path) -> None:
    """Start the export in the background and print its id. Raises: ExportError."""
    if sys.stdout is None:
        raise ConfigError("--detach: the standard output is closed, so nobody would learn the export's id")
    export_id = str(uuid.uuid4())
    _start(given, home, export_id)
    with printing(f"export {export_id} goes on all the same") as stream:
        stream.write(f"{export_id}\n")


def _start(given: Mapping[str, Any], home: Path, export_id: str) -> None:
    """Start the export, and return once its run has begun. Raises: ExportError with what it says instead."""
    options = ["--config", "-", "--export-id", export_id, "--home", str(home)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [sys.executable, "-c", _COMMAND, "export", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=os.environ.copy(),
            start_new_session=True,
        )
        with process.stdin, process.stdout:  # type: ignore[union-attr] # they are pipes
            process.stdin.write(json.dumps(given).encode())  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]
            if process.stdout.readline().decode().strip() == export_id:  # type: ignore[union-attr]
                return
        code = process.wait()
        said.seek(0)
        words = said.read().decode(errors="replace").strip().removeprefix("error: ")
    raise (TransientError if code == EXIT_TRANSIENT else ConfigError)(words or "the export did not start")
