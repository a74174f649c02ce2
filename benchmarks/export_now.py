"""What `export-pipeline export` takes: seconds, megabytes and peak memory of its process, by format and destination.

Fills a private server with generated log rows, once few and once many; the memory must not grow with the rows.
Usage: python benchmarks/export_now.py [--few N] [--many N] [--formats csv,json,…]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

from export_pipeline.embedded.sample import SampleSize, create_tables, fill
from export_pipeline.embedded.server import start_or_join

LAST_DAY = date(2026, 11, 20)
PROGRAM = str(Path(sys.executable).with_name("export-pipeline"))
STREAMED = {"csv", "json", "jsonl"}
WITHOUT_FSYNC = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one export took."""

    seconds: float
    written_mb: float
    peak_mb: float


def main() -> None:
    """Fill, export each way, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=100_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--formats", default="parquet,csv,json,jsonl,xlsx")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} processors")
    print(f"{'format':8} {'destination':12} {'rows':>10} {'seconds':>8} {'MB':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder, start_or_join(Path(folder, "home"), settings=WITHOUT_FSYNC) as server:
        for rows in (arguments.few, arguments.many):
            server.create_database(f"rows_{rows}")
            create_tables(server.url(f"rows_{rows}"))
            fill(server.url(f"rows_{rows}"), SampleSize(logs=rows, anomalies=0), LAST_DAY)
        for fmt in arguments.formats.split(","):
            for output in [f"{folder}/file", *(["-"] if fmt in STREAMED else [])]:
                for rows in (arguments.few, arguments.many):
                    taken = export(server.url(f"rows_{rows}"), fmt, output)
                    place = "stdout" if output == "-" else "file"
                    figures = f"{taken.seconds:8.1f} {taken.written_mb:8.1f} {taken.peak_mb:8.0f}"
                    print(f"{fmt:8} {place:12} {rows:10,} {figures}", flush=True)


def export(url: str, fmt: str, output: str) -> Taken:
    """Export all logs in a process of its own, which is watched by its resource usage."""
    command = [PROGRAM, "export", "logs", "--format", fmt, "-o", output, "--yes"]
    begun = perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        process = subprocess.Popen(
            command,
            env={**os.environ, "EXPORT_SOURCE_URL": url},
            stdout=subprocess.PIPE if output == "-" else nowhere,
            stderr=nowhere,
        )
    written = 0
    while process.stdout and (part := process.stdout.read(1 << 20)):
        written += len(part)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - begun
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    if output != "-":
        written = Path(output).stat().st_size
    return Taken(seconds, written / 1e6, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
