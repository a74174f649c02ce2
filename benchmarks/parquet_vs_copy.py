"""How long a checked, normalized Parquet export takes, as a ratio to a bare binary COPY of the same rows.

Both run in turn, A B A B …, on the same server, over the same columns and window; the ratio is taken pair by pair.
Imports and the generation of rows are left out. Usage: python benchmarks/parquet_vs_copy.py [--logs N] [--pairs N]
"""

import argparse
import os
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.embedded.binaries import find_binaries
from export_pipeline.embedded.sample import SampleSize, create_tables, fill
from export_pipeline.embedded.server import start_or_join
from export_pipeline.extract.query import copy_query
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.selection import Window
from export_pipeline.extract.source import Source
from export_pipeline.flow import ExportJob, export
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy, Level
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target

LAST_DAY = date(2026, 11, 20)
START = datetime(2026, 11, 20, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=1))
LOGS = DATASETS["logs"]


def main() -> None:
    """Fill a private server, time the pairs, print them and their medians."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder, start_or_join(Path(folder, "postgres")) as server:
        server.create_database("source")
        url = server.url("source")
        create_tables(url)
        fill(url, SampleSize(logs=arguments.logs, days=1), LAST_DAY)
        subprocess.run([psql(), url, "-qc", "VACUUM ANALYZE"], check=True)
        for _ in range(2):  # the first reads warm the cache and load what is imported late
            time_export(url, folder)
        pairs = [(time_export(url, folder), time_copy(url)) for _ in range(arguments.pairs)]
    print(f"{arguments.logs:,} log rows, {os.cpu_count()} processors")
    print("export s  bare COPY s  ratio")
    for ours, bare in pairs:
        print(f"{ours:8.2f}  {bare:11.2f}  {ours / bare:5.2f}")
    ours, bare, ratio = (median(column) for column in zip(*((a, b, a / b) for a, b in pairs), strict=True))
    print(f"{ours:8.2f}  {bare:11.2f}  {ratio:5.2f}  median")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=1_000_000, help="rows in the one partition")
    parser.add_argument("--pairs", type=int, default=7, help="runs of each, in turn")
    return parser.parse_args()


def time_export(url: str, folder: str) -> float:
    """Export the partition as Parquet, every check and transform included; return the seconds."""
    parquet = FORMATS["parquet"]
    job = ExportJob(
        source=Source(url),
        destination=open_destination(str(Path(folder, "exports"))),
        target=Target.of_partition("logs", parquet, "date=2026-11-20"),
        fmt=parquet,
        window=WINDOW,
        run_id="benchmark",
    )
    begun = perf_counter()
    export(ExportPlan.whole(LOGS, BatchLimits(), CheckPolicy(Level.STRICT)), job)
    return perf_counter() - begun


def time_copy(url: str) -> float:
    """Copy the same rows and columns, binary, to nowhere; return the seconds."""
    query = copy_query(replace(LOGS.selection, window=WINDOW))
    command: list[str | Path] = [psql(), url, "-qc", f"COPY ({query}) TO STDOUT (FORMAT binary)"]
    begun = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - begun


def psql() -> Path:
    """Return the embedded server's own client."""
    return find_binaries().folder / "psql"


if __name__ == "__main__":
    main()
