"""A program that kills publishers: `python -m … FOLDER TEXT WITH_REJECTED` copies FOLDER/before to FOLDER/001, 002 …

and in each lets a child publish TEXT, which sends itself SIGKILL before its first, second … change to the file system,
until one child gets through. Prints how many were killed.
"""

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline_tests.write.samples import publish_rows

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir"}


def kill_before_change(number: int) -> None:
    """Send this process SIGKILL before the `number`th change: files opened for writing, renames, fsyncs …"""
    seen = count(1)
    fsync = os.fsync

    def watch(event: str, details: tuple[Any, ...]) -> None:
        is_change = event in CHANGES or (event == "open" and details[2] & (os.O_WRONLY | os.O_RDWR))
        if is_change and next(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync_watched(descriptor: int) -> None:
        watch("os.rename", ())
        fsync(descriptor)

    setattr(os, "fsync", fsync_watched)  # noqa: B010 - the type checker forbids the plain assignment
    sys.addaudithook(watch)


def survives(root: Path, number: int, text: str, changes: dict[str, Any]) -> bool:
    """Publish in a child that dies before its `number`th change; return whether it lived to the end."""
    child = os.fork()
    if child == 0:
        kill_before_change(number)
        publish_rows(LocalDestination(root), text, 101, run_id="killed", **changes)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.WEXITSTATUS(status):
        raise SystemExit(f"publisher {number} failed instead of being killed")
    return True


def main() -> None:
    """Kill one publisher at each of its changes."""
    folder, text, with_rejected = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "True"
    publish_rows(LocalDestination(folder / "warm-up"), text)  # so that the children need not import anything
    for number in count(1):
        root = folder / f"{number:03d}"
        shutil.copytree(folder / "before", root)
        if survives(root, number, text, {"with_rejected": with_rejected}):
            shutil.rmtree(root)
            sys.stdout.write(f"{number - 1}\n")
            return


if __name__ == "__main__":
    main()
