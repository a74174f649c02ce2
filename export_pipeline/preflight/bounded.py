"""Runs one check in bounded time: its findings so far, and where it did not end well, a failed one that says why."""

import queue
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from export_pipeline.errors import ExportError
from export_pipeline.extract.interruptible import in_daemon_thread
from export_pipeline.preflight.finding import Finding, failed

LONGEST_S: Final = 120.0
_POLL_S: Final = 0.1
_DONE: Final = object()


T = TypeVar("T")


def within(longest_s: float, work: Callable[[], T]) -> T:
    """Return what `work` gives, in a thread of its own. Raises: what it raises; TimeoutError behind `longest_s`."""
    future, deadline = in_daemon_thread(work), time.monotonic() + longest_s
    while not future.done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer within {longest_s:g} s")
        wait([future], _POLL_S)
    return future.result()


def findings_of(
    subject: str, check: Callable[[], Iterator[Finding]], longest_s: float = LONGEST_S
) -> Iterator[Finding]:
    """Yield what `check` finds, which runs in a thread of its own: a server that falls silent holds nobody up.

    An error of ours and any other one become a finding on `subject`, and so does the end of `longest_s` seconds.
    """
    handover: queue.Queue[object] = queue.Queue()
    in_daemon_thread(partial(_run, subject, check, handover))
    deadline = time.monotonic() + longest_s
    while (found := _next(handover, deadline)) is not _DONE:
        if found is None:
            yield failed(
                subject,
                f"no answer within {longest_s:g} s",
                "find out what keeps it from answering, then check again",
            )
            return
        yield found  # type: ignore[misc] # what the thread puts: a Finding


def _next(handover: "queue.Queue[object]", deadline: float) -> object | None:
    """Wait in short steps, so that Ctrl-C is heard; None at the deadline."""
    while time.monotonic() < deadline:
        with suppress(queue.Empty):
            return handover.get(timeout=_POLL_S)
    return None


def _run(subject: str, check: Callable[[], Iterator[Finding]], handover: "queue.Queue[object]") -> None:
    try:
        for finding in check():
            handover.put(finding)
    except ExportError as error:
        handover.put(of_error(subject, error))
    except Exception as error:  # noqa: BLE001 - a check that is broken is a finding, not a traceback
        kind = type(error).__name__
        handover.put(failed(subject, f"the check itself failed: {kind}: {error}", "report it; the other checks hold"))
    handover.put(_DONE)


def of_error(subject: str, error: ExportError) -> Finding:
    """Return an error of ours as a finding: behind the last semicolon its message says what to do."""
    found, separator, next_step = str(error).rpartition("; ")
    if not separator:
        found, next_step = str(error), "see docs/troubleshooting.md"
    return failed(subject, found, next_step)
