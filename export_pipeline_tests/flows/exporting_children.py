"""A program that exports in children of its own, which get killed or run out of room: `python -m …`.

It imports everything once and then forks a child for each line on standard input, a `Command` as JSON; it
answers with a `Result` as JSON. `Children` is the other end, for tests.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import IO

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ExportError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline_tests.flows.running import Exporter

_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "open", "shutil.rmtree", "fcntl.flock"}


@dataclass(frozen=True, slots=True)
class Command:
    """Export `table` at `url` into `root`; die before step `kill_at` (0: never).

    Files may get `file_bytes` large (0: any size). A batch has at most `batch_rows` rows.
    """

    url: str
    root: str
    table: str = "log_entries"
    batch_rows: int = 100
    kill_at: int = 0
    file_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How a child ended: the steps it took (-1: killed), and the error's class and message, if any."""

    steps: int
    kind: str = ""
    message: str = ""
    rows: int = 0
    batches: int = 0
    peak_bytes: int = 0


def exporter(command: Command) -> Exporter:
    """Return how the children export: invalid rows into quarantine."""
    policy = CheckPolicy(Level.STRICT, OnInvalid.QUARANTINE)
    dataset = replace(DATASETS["logs"], table=TableName(command.table))
    return Exporter(command.url, Path(command.root), dataset, policy, BatchLimits(command.batch_rows))


class Children:
    """Runs commands in children of `program`, one after the other."""

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self._requests = requests
        self._answers = answers

    def run(self, command: Command) -> Result:
        """Let a child carry out `command`."""
        self._requests.write(json.dumps(asdict(command)) + "\n")
        self._requests.flush()
        return Result(**json.loads(self._answers.readline()))


@contextmanager
def children() -> Iterator[Children]:
    """Start the program; it ends with the block."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Children(process.stdin, process.stdout)
        process.stdin.close()


def _count_steps(kill_at: int) -> Callable[[], int]:
    """Count changes to the file system and writes; send this process SIGKILL before step `kill_at`."""
    numbers, seen = count(1), [0]
    fsync, write = os.fsync, HashingSink.write

    def step(event: str, _: object = None) -> None:
        if event not in _CHANGES:
            return
        seen[0] = next(numbers)
        if seen[0] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync_counted(descriptor: int) -> None:
        step("open")
        fsync(descriptor)

    def write_counted(sink: HashingSink, data: bytes) -> int:
        step("open")
        return write(sink, data)

    setattr(os, "fsync", fsync_counted)  # noqa: B010 - the type checker forbids the plain assignment
    setattr(HashingSink, "write", write_counted)  # noqa: B010
    sys.addaudithook(step)
    return lambda: seen[0]


def _carry_out(command: Command) -> Result:
    if command.file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (command.file_bytes, command.file_bytes))
    steps = _count_steps(command.kill_at)
    batches = [0]
    try:
        done = exporter(command).run(on_progress=lambda progress: batches.append(progress.batches))
    except ExportError as error:
        return Result(steps(), type(error).__name__, str(error))
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Result(steps(), rows=done.manifest.source_count, batches=max(batches), peak_bytes=peak_bytes)


def _in_child(command: Command) -> Result:
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reading)
        os.write(writing, json.dumps(asdict(_carry_out(command))).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    return Result(-1) if os.WIFSIGNALED(status) else Result(**json.loads(text))


def main() -> None:
    """Answer commands until standard input ends."""
    for line in sys.stdin:
        result = _in_child(Command(**json.loads(line)))
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
