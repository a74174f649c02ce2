"""Processes that own a private server, for tests to kill, fork or interrupt; and asking who still lives."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import export_pipeline
from export_pipeline.embedded.account import Account
from export_pipeline.embedded.ownership import RunningServer

PROJECT = Path(export_pipeline.__file__).parents[1]

_SCRIPT = """
import json, os, signal, subprocess, sys, threading, time
from dataclasses import asdict
from pathlib import Path
from export_pipeline.embedded.home import Home
from export_pipeline.embedded.ownership import read_state
from export_pipeline.embedded.server import start_or_join

def say(text):
    print(text, flush=True)

home = Path(sys.argv[1])
{before}
server = start_or_join(home, settings={{"fsync": "off"}})
say(json.dumps(asdict(read_state(Home(home))) | {{"owned": server.owned}}))
{after}
sys.stdin.read()
server.stop()
"""


@dataclass
class Owner:
    """A process that has started, or joined, the server of `home`, and stops it when its input ends."""

    process: subprocess.Popen[str]

    def read_line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def read_state(self) -> tuple[RunningServer, bool]:
        said = json.loads(self.read_line())
        owned = said.pop("owned")
        return RunningServer(**said), owned

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind:  # otherwise it could wait for a server that a failing test left in disorder
            self.process.kill()
        self.process.communicate(timeout=60)


def start_owner(home: Path, *, before: str = "", after: str = "", account: Account | None = None) -> Owner:
    """Start a process that runs `before`, starts or joins the server of `home`, says so and runs `after`.

    As root it can run as the ordinary `account`.
    """
    prefix = _become(account) if account else []
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", _SCRIPT.format(before=before, after=after), str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(PROJECT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        start_new_session=True,
    )
    return Owner(process)


def _become(account: Account) -> list[str]:
    """Return the command prefix that makes an ordinary user of root, one who may still read our environment.

    The virtual environment, or the Python it links to, often lies under `/root`.
    """
    reads_all = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", *reads_all]
