"""Memory does not grow with the file: parts are read from the disk as they are sent."""

import subprocess
import sys
from pathlib import Path

from export_pipeline_tests.object_store import Bucket

PROGRAM = "export_pipeline_tests.write.destinations.measured_publisher"


def test_a_file_nine_times_as_long_takes_the_same_memory(bucket: Bucket, tmp_path: Path) -> None:
    def publish(copies: int) -> tuple[int, int]:
        arguments = [str(bucket.options.endpoint_url), bucket.name, str(tmp_path), str(copies)]
        done = subprocess.run([sys.executable, "-m", PROGRAM, *arguments], capture_output=True, text=True, check=True)
        size, peak = map(int, done.stdout.split())
        return size, peak

    small, small_peak = publish(2)
    large, large_peak = publish(18)
    assert large > max(300_000_000, 8 * small)
    assert large_peak - small_peak < 60 << 20
