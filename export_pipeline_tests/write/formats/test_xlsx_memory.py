"""Memory does not grow with the workbook: ten times the rows, the same peak but for 30 MB."""

import subprocess
import sys

PROGRAM = "export_pipeline_tests.write.formats.measured_workbook"


def peak_bytes(rows: int) -> int:
    done = subprocess.run([sys.executable, "-m", PROGRAM, str(rows)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_million_rows_take_the_memory_of_a_hundred_thousand() -> None:
    assert peak_bytes(1_000_000) - peak_bytes(100_000) < 30 << 20
