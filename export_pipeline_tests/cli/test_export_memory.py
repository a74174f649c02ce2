"""The memory of `export-pipeline export` does not grow with the rows, to a file or to standard output."""

import os
import subprocess
from pathlib import Path

import pytest

from export_pipeline_tests.cli.terminal import BARE, PROGRAM
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.test_memory import ROWS

pytestmark = [pytest.mark.system, pytest.mark.timeout(590)]

# The fewer ones nearly fill what is ever held: the batches under way, each encoded as text.
FEW, MANY = 200_000, 800_000


def peak_bytes(url: str, rows: int, fmt: str, output: str) -> int:
    """Export in a process of its own; return the most memory that it had."""
    environ = BARE | {"EXPORT_SOURCE_URL": url, "EXPORT_DATASETS__LOGS__TABLE": f"logs_{rows}"}
    command = [PROGRAM, "export", "logs", "--format", fmt, "-o", output]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * 1024


@pytest.mark.parametrize(("fmt", "output"), [("csv", "file"), ("csv", "-"), ("json", "file"), ("jsonl", "-")])
def test_four_times_the_rows_take_the_same_memory(
    empty_source_url: str, sql: RunSql, tmp_path: Path, fmt: str, output: str
) -> None:
    for rows in (FEW, MANY):
        sql(empty_source_url, ROWS.format(rows=rows))
    place = output if output == "-" else str(tmp_path / output)
    few, many = (peak_bytes(empty_source_url, rows, fmt, place) for rows in (FEW, MANY))
    assert many - few < 80 << 20
