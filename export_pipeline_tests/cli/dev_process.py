"""`export-pipeline dev` as a process of its own: started, looked at, stopped, and nothing of it left."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from export_pipeline.cli.home import SOURCE_DATABASE, Home
from export_pipeline.embedded.server import start_or_join
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.cli.terminal import start
from export_pipeline_tests.processes import alive, command_of, descendants, free_port, wait_until

if TYPE_CHECKING:
    import subprocess

_START_S = 120


@dataclass(slots=True)
class Dev:
    """A `dev` process; `port` is its UI's."""

    home: Path
    port: int
    process: "subprocess.Popen[str]"

    def stop(self, sign: signal.Signals, within_s: float) -> str:
        """Send `sign`, wait until every process of it is gone; return what it printed."""
        family = descendants(self.process.pid)
        self.process.send_signal(sign)
        wait_until(lambda: not alive(family), within_s, lambda: _commands(family))
        return self.process.communicate(timeout=10)[0]


def _commands(pids: set[int]) -> list[str]:
    """Return the beginning of the command line of each process that still runs."""
    return [command_of(pid)[:120] for pid in alive(pids)]


def start_dev(home: Path) -> Dev:
    port = free_port()
    return Dev(home, port, start("dev", "--home", home, "--port", str(port)))


@contextmanager
def running_dev(home: Path, environ: Mapping[str, str], log: Path) -> Iterator[Dev]:
    """Run a `dev` whose UI answers; what it prints goes to `log`."""
    port = free_port()
    with log.open("w", encoding="utf-8") as output:
        dev = Dev(home, port, start("dev", "--home", home, "--port", str(port), environ=environ, output=output))
        try:
            wait_until(
                lambda: dev.process.poll() is not None or graphql.is_up(port), _START_S, "the UI does not answer"
            )
            assert dev.process.poll() is None, log.read_text(encoding="utf-8")
            yield dev
        finally:
            if dev.process.poll() is None:
                dev.stop(signal.SIGINT, 60)


def source_of(dev: Dev) -> str:
    with start_or_join(Home(dev.home).postgres) as joined:
        assert not joined.owned
        return joined.url(SOURCE_DATABASE)
