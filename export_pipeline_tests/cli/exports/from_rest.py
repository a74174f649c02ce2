"""The blocks of docs/from-rest.md, and how they are run: word for word, in a folder whose home is the demo's."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export_pipeline.cli.home import Home, environment
from export_pipeline.embedded.server import start_or_join
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.cli.dev_process import Dev
from export_pipeline_tests.cli.terminal import BARE
from export_pipeline_tests.processes import wait_until

PAGE = (Path(__file__).parents[3] / "docs" / "from-rest.md").read_text(encoding="utf-8")
WAITING = "select 1 from pg_locks where not granted"
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


def blocks(language: str) -> dict[str, str]:
    """Return the page's blocks in this language by their names."""
    return dict(re.findall(rf"^```{language} (\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows the page in `folder`, beside a running `dev`."""

    dev: Dev
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.dev.port}"

    def bash(self, name: str, export_id: str = "") -> str:
        """Run the commands; return what they print on standard output."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        command = ["bash", "-euo", "pipefail", "-c", blocks("bash")[name]]
        return self._run(command, {"ID": export_id, "PATH": path})

    def python(self, name: str, export_id: str = "") -> str:
        """Run the program where the settings are; return what it prints."""
        with start_or_join(self._home.postgres) as server:
            environ = environment(self._home, server)
        return self._run([sys.executable, "-c", blocks("python")[name]], environ | {"ID": export_id})

    def graphql(self, name: str, export_id: str = "") -> Any:  # noqa: ANN401 - whatever shape the query asks for
        """Send the request; return the one field of the answer."""
        variables = json.loads(blocks("json")[name].replace("$ID", export_id))
        (answer,) = graphql.ask(self.dev.port, blocks("graphql")[name], **variables).values()
        return answer

    def launch(self, name: str, export_id: str = "") -> str:
        """Send a request that launches a run, and wait until it has ended; return its id."""
        answer = self.graphql(name, export_id)
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run_id = str(answer["run"]["runId"])
        self.wait(run_id)
        return run_id

    def wait(self, run_id: str) -> str:
        """Wait until the run has ended; return how."""
        wait_until(lambda: self.status(run_id) in _ENDED, 120, "the run does not end")
        return self.status(run_id)

    def status(self, run_id: str) -> str:
        return graphql.run_status(self.dev.port, run_id)

    @property
    def _home(self) -> Home:
        return Home(self.dev.home)

    def _run(self, command: list[str], environ: dict[str, str]) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=BARE | environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
