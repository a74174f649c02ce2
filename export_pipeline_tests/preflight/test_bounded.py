"""A check that never ends holds up nobody: neither who waits for its findings, nor the end of the process."""

import subprocess
import sys
import time

import pytest

from export_pipeline.preflight.bounded import within

STUCK = """
import time
from export_pipeline.extract.interruptible import interruptibly
from export_pipeline.preflight.bounded import findings_of

def check():
    yield interruptibly(lambda: time.sleep(3600), lambda: None)

(finding,) = findings_of("source", check, longest_s=0.2)
print(finding.found)
"""


def test_the_process_ends_although_the_server_never_answers() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "no answer within 0.2 s\n"


def test_work_in_bounded_time_gives_its_result_its_error_or_the_end_of_patience() -> None:
    assert within(60, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(60, lambda: 1 / 0)
    with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
        within(0.1, lambda: time.sleep(3))
