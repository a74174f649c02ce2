"""What Dagster adds to each of many small partitions, and how the UI answers meanwhile.

Fills a private home with partitions of 1,000 log rows, exports them all once without Dagster (one after the other, in
this process) and once as a backfill through `export-pipeline dev`: queue, daemon, run workers, event log. While
the backfill runs, the query behind the UI's page of runs is timed again and again.
Usage: python benchmarks/many_partitions.py [--partitions N] [--rows N]
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, time
from pathlib import Path
from statistics import quantiles
from time import monotonic, perf_counter, sleep

from export_pipeline.cli.home import Home, SampleRecord, open_home, running_server
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.embedded.sample import SampleSize, create_tables, fill
from export_pipeline.flow import ExportJob, export
from export_pipeline.settings import Settings
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.processes import free_port

LAST_DAY = date(2026, 11, 20)
LOGS = DATASETS["logs"]
ENDED = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "CANCELED", "FAILED"}
RUNS_FEED = """
query ($limit: Int) {runsOrError(limit: $limit) {... on Runs {results {
  id runId status mode startTime endTime creationTime updateTime pipelineName
  tags {key value} assetSelection {path} assetCheckSelection {name}
}}}}
"""
BACKFILL = "query ($id: String!) {partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}}"


def main() -> None:
    """Fill, export without Dagster, backfill with it; print the figures."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        home.write_sample(SampleRecord(arguments.partitions * arguments.rows, arguments.partitions, 0, LAST_DAY))
        with running_server(home) as server:
            url = server.url("source")
            create_tables(url)
            fill(url, SampleSize(logs=arguments.partitions * arguments.rows, days=arguments.partitions), LAST_DAY)
            settings = Settings.load(root=str(home.folder / "plain"))
            plain_s = export_all(settings, arguments.partitions)
        backfill_s, waits = backfill_all(home, arguments.partitions)
    each_plain, each = plain_s / arguments.partitions, backfill_s / arguments.partitions
    print(f"{arguments.partitions:,} partitions of {arguments.rows:,} rows, {os.cpu_count()} processors")
    print(f"without Dagster {each_plain:.3f} s a partition, as a backfill {each:.3f} s: {each - each_plain:.3f} s more")
    print(f"the page of runs, asked {len(waits)} times meanwhile: p95 {quantiles(waits, n=20)[-1]:.2f} s")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partitions", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=1_000, help="rows in each partition")
    return parser.parse_args()


def partition_keys(settings: Settings, count: int) -> list[str]:
    """Return the keys of the sample's days."""
    return settings.partitioning_of("logs").keys(datetime.combine(LAST_DAY, time.max, UTC))[-count:]


def export_all(settings: Settings, count: int) -> float:
    """Export every partition through the flow alone; return the seconds."""
    parquet, destination = FORMATS["parquet"], settings.destination
    plan = settings.plan_of("logs")
    begun = perf_counter()
    for key in partition_keys(settings, count):
        target = Target.of_partition("logs", parquet, settings.partitioning_of("logs").folder(key))
        window = settings.partitioning_of("logs").window(key)
        export(plan, ExportJob(settings.source, destination, target, parquet, window, "benchmark"))
    return perf_counter() - begun


def backfill_all(home: Home, count: int) -> tuple[float, list[float]]:
    """Backfill every partition through the UI's API; return the seconds, and those that each page of runs took."""
    port = free_port()
    program = str(Path(sys.executable).with_name("export-pipeline"))
    command = [program, "dev", "--home", str(home.folder), "--port", str(port)]
    ui = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not graphql.is_up(port):
            sleep(0.5)
        keys = partition_keys(Settings.load(), count)
        begun = perf_counter()
        waits = watch(port, graphql.backfill(port, ["logs"], keys))
        taken = perf_counter() - begun
    finally:
        ui.send_signal(signal.SIGINT)
        ui.wait()
    published = len(list((home.exports / "logs/parquet").glob("date=*/data.parquet")))
    if published != count:
        raise SystemExit(f"only {published} of {count} partitions were published")
    return taken, waits


def watch(port: int, backfill_id: str) -> list[float]:
    """Ask for the page of runs once a second until the backfill has ended; return how long each answer took."""
    waits = []
    while graphql.ask(port, BACKFILL, id=backfill_id)["partitionBackfillOrError"]["status"] not in ENDED:
        begun = monotonic()
        graphql.ask(port, RUNS_FEED, limit=26)
        waits.append(monotonic() - begun)
        sleep(1)
    return waits


if __name__ == "__main__":
    main()
