"""The blocks of commands in docs/operations.md, and how they are run: word for word, by bash."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from export_pipeline.embedded.binaries import find_binaries
from export_pipeline_tests.project.services import BIN, ROOT, Machine

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
Done = subprocess.CompletedProcess[str]


def blocks(kind: str) -> dict[str, str]:
    """Return the page's blocks of this kind by their names, without the page's indentation."""
    found = re.findall(rf"^( *)```bash {kind} (\w+)\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
    return {name: re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, name, text in found}


def environment(machine: Machine, **more: str) -> dict[str, str]:
    """Return what the page tells to set, and nothing of this process but where programs are."""
    path = f"{BIN}:{find_binaries().folder}:/usr/bin:/bin"
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    given = {name: value for name, value in machine.variables.items() if name != "CODE_SERVER_HOST"}
    return kept | {"PATH": path, "PROJECT": str(ROOT)} | given | more


def run_block(name: str, folder: Path, environ: Mapping[str, str]) -> Done:
    """Run a block of the page in `folder`. Fails with what it printed when a command of it fails."""
    script = ["bash", "-euo", "pipefail", "-c", blocks("operations")[name]]
    done = subprocess.run(script, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
