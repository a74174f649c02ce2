"""Times without a zone, read in the zone that a dataset is told: in the window, in what is published, in the scan."""

from datetime import date
from pathlib import Path

import polars as pl

from export_pipeline.changes.scan import scan
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.source import Source
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAY, Exporter

# Berlin's clocks are one hour ahead of UTC in November.
ROWS = """
insert into log_entries (id, timestamp, message) values
    (-3, '2026-11-20 00:59:59.999999', 'still the day before'),
    (-2, '2026-11-20 01:00:00', 'the first'),
    (-1, '2026-11-21 00:59:59.999999', 'the last'),
    (-4, '2026-11-21 01:00:00', 'already the day after')
"""


def test_a_utc_day_begins_and_ends_at_the_local_clocks_one(empty_source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(empty_source_url, ROWS)
    logs = DATASETS["logs"].in_zone("Europe/Berlin")
    exporter = Exporter(empty_source_url, tmp_path, logs)
    exporter.run()
    published = pl.read_parquet(exporter.file()).sort("id")
    assert published["id"].to_list() == [-2, -1]
    assert [str(moment) for moment in published["timestamp"]] == [
        "2026-11-20 00:00:00+00:00",
        "2026-11-20 23:59:59.999999+00:00",
    ]
    partitioning = Partitioning(date(2026, 11, 19))
    keys = ("2026-11-19", DAY, "2026-11-21")
    found = scan(Source(empty_source_url), logs, partitioning, keys, bounded=True)
    assert {key: found.partitions[key].rows for key in keys} == {"2026-11-19": 1, DAY: 2, "2026-11-21": 1}
