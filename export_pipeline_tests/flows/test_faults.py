"""Whatever breaks in mid-export: the old file or the new one, whole; the next run mends the rest."""

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import (
    DestinationError,
    DestinationUnavailableError,
    PermanentError,
    SourceUnavailableError,
    SupersededError,
    TransformError,
    TransientError,
)
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.source import Source, Timeouts
from export_pipeline.flow import export
from export_pipeline.plan import ExportPlan
from export_pipeline.progress import Progress
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline.write.formats.parquet import ParquetBatchWriter
from export_pipeline.write.manifest import Manifest
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows import exporting_children
from export_pipeline_tests.flows.cutting_proxy import cutting_proxy
from export_pipeline_tests.flows.exporting_children import Children, Command
from export_pipeline_tests.flows.running import DAY, Exporter, files_below, unfinished

LOGS = DATASETS["logs"]
OURS = "application_name = 'export_pipeline' and datname = current_database()"
NEW_ROWS = (
    'insert into log_entries (id, "timestamp", log_level, message) '
    f"select 1000000 + g, '{DAY} 12:00', case when g % 2 = 0 then 'nonsense' end, 'new' "
    "from generate_series(1, 10) g"
)


def exporter(url: str, root: Path) -> Exporter:
    return exporting_children.exporter(Command(url, str(root)))


def manifest_of(one: Exporter) -> Manifest:
    path = one.root / one.target().manifest
    return Manifest.from_json(path.read_bytes(), str(path))


def require_whole(one: Exporter) -> None:
    """Check that file, manifest and quarantine are of one export, and that nothing else is left."""
    manifest, quarantine = manifest_of(one), one.root / "_quarantine" / "logs" / f"date={DAY}.jsonl"
    assert pq.ParquetFile(one.file()).read().num_rows == manifest.row_count
    lines = quarantine.read_bytes().splitlines() if quarantine.exists() else []
    assert len(lines) == manifest.quarantined_count
    assert manifest.source_count == manifest.row_count + len(lines)
    assert not unfinished(one.root)


def test_an_export_killed_anywhere_leaves_the_old_file_or_the_new_one_and_the_next_run_mends_the_rest(
    staff: Children, source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    before = exporter(source_url, tmp_path / "before").run().manifest
    sql(source_url, NEW_ROWS)
    after = exporter(source_url, tmp_path / "after").run().manifest
    assert after.quarantined_count == before.quarantined_count + 5
    # A child that lives: it says how many steps there are, over a file that it replaces.
    steps = staff.run(Command(source_url, str(tmp_path / "after"))).steps
    assert steps > 30
    kill_points = sorted({*random.Random(20_24).sample(range(1, steps - 12), 8), *range(steps - 12, steps, 2)})
    seen = set()
    for kill_at in kill_points:
        root = tmp_path / f"killed-at-{kill_at}"
        subprocess.run(["cp", "-r", tmp_path / "before", root], check=True)
        assert staff.run(Command(source_url, str(root), kill_at=kill_at)).steps == -1
        one = exporter(source_url, root)
        rows = pq.ParquetFile(one.file()).read().num_rows
        assert rows in {before.row_count, after.row_count}
        assert [path.name for path in one.file().parent.iterdir()] == ["data.parquet"]
        seen.add(rows)
        assert one.run().manifest.row_count == after.row_count
        require_whole(one)
    assert seen == {before.row_count, after.row_count}


def test_an_export_killed_on_an_empty_folder_leaves_nothing_that_a_reader_sees(
    staff: Children, source_url: str, tmp_path: Path
) -> None:
    for kill_at in (3, 12, 20):
        assert staff.run(Command(source_url, str(tmp_path), kill_at=kill_at)).steps == -1
        assert not list(tmp_path.glob("logs/**/*.parquet"))
    exporter(source_url, tmp_path).run()
    require_whole(exporter(source_url, tmp_path))


def at_batch(number: int, act: Callable[[], object]) -> Callable[[Progress], None]:
    """Return a progress function that acts once, when batch `number` is written."""

    def watch(progress: Progress) -> None:
        if progress.batches == number:
            act()

    return watch


@pytest.fixture
def large_url(empty_source_url: str, sql: RunSql) -> str:
    """40,000 logs of half a kilobyte on one day: more than the queues and the sockets hold."""
    sql(
        empty_source_url,
        'insert into log_entries (id, "timestamp", log_level, message) '
        f"select g, timestamp '{DAY}' + g * interval '1 second', 'info', repeat(md5(g::text), 16) "
        "from generate_series(1, 40000) g",
    )
    return empty_source_url


SMALL = BatchLimits(rows=1000, bytes=256 * 1024)


def terminate(url: str, sql: RunSql) -> None:
    assert sql(url, f"select pg_terminate_backend(pid) from pg_stat_activity where {OURS}")


def test_a_connection_lost_in_mid_stream_publishes_nothing_and_a_second_run_succeeds(
    large_url: str, sql: RunSql, tmp_path: Path
) -> None:
    one = Exporter(large_url, tmp_path, limits=SMALL)
    with pytest.raises(TransientError, match="logs date=2026-11-20 parquet: reading log_entries: "):
        one.run(on_progress=at_batch(7, lambda: terminate(large_url, sql)))
    assert files_below(tmp_path) == set()
    assert one.run().manifest.row_count == 40_000


@pytest.mark.parametrize("after_bytes", [10, 700, 5_000, 60_000, 1_000_000, 8_000_000])
def test_a_network_that_cuts_the_connection_asks_for_a_retry(large_url: str, tmp_path: Path, after_bytes: int) -> None:
    with cutting_proxy(large_url, after_bytes) as url, pytest.raises(SourceUnavailableError):
        Exporter(url, tmp_path, limits=SMALL).run()
    assert files_below(tmp_path) == set()


def test_a_network_that_cuts_after_the_last_row_changes_nothing(large_url: str, tmp_path: Path) -> None:
    with cutting_proxy(large_url, 10**9) as url:
        assert Exporter(url, tmp_path, limits=SMALL).run().manifest.row_count == 40_000


def test_a_lost_connection_leaves_the_earlier_file(large_url: str, sql: RunSql, tmp_path: Path) -> None:
    one = Exporter(large_url, tmp_path, limits=SMALL)
    one.run()
    before, content = files_below(tmp_path), one.file().read_bytes()
    with pytest.raises(TransientError):
        one.run(on_progress=at_batch(2, lambda: terminate(large_url, sql)))
    assert (files_below(tmp_path), one.file().read_bytes()) == (before, content)


@pytest.fixture
def slow_logs(source_url: str, sql: RunSql, tmp_path: Path) -> Exporter:
    """A view of twelve logs, and of one more that takes the server a minute when it is streamed."""
    sql(
        source_url,
        "create function nap() returns text stable language plpgsql as $$ begin "
        "if current_query() not like '%hash%' then perform pg_sleep(60); end if; return null; end $$",
    )
    ((columns,),) = sql(
        source_url,
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute "
        "where attrelid = 'log_entries'::regclass and attnum > 0 and attname <> 'last_push_error'",
    )
    day = f"\"timestamp\" >= '{DAY}'"
    sql(
        source_url,
        f"create view slow_logs as select {columns}, repeat('x', 4000) as last_push_error "
        f"from (select * from log_entries where {day} limit 12) early union all "
        f"select {columns}, nap() from (select * from log_entries where {day} limit 1) late",
    )
    return Exporter(
        source_url, tmp_path, replace(LOGS, table=TableName("slow_logs")), limits=BatchLimits(20, 16 * 1024)
    )


def require_stopped(url: str, sql: RunSql, begun: float) -> None:
    """Check that the export's thread and its connection are gone within ten seconds."""
    while sql(url, f"select pid from pg_stat_activity where {OURS}"):
        assert time.monotonic() - begun < 10
        time.sleep(0.05)
    assert time.monotonic() - begun < 10
    assert not [thread for thread in threading.enumerate() if thread.name == "export-stage"]


# By then all that the server has sent is in the queues.
WAITING_S = 0.5


class BrokenWriter(ParquetBatchWriter):
    """A writer that fails with its second batch, once the stages before it wait for the server."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        super().__init__(sink, schema)
        self._batches = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._batches += 1
        if self._batches == 2:
            time.sleep(WAITING_S)
            raise DestinationError("the writer broke")
        super().write(batch)


def test_an_error_in_the_writer_stops_a_query_that_the_server_still_works_on(
    slow_logs: Exporter, sql: RunSql, tmp_path: Path
) -> None:

    job = slow_logs.job()
    job = replace(job, fmt=replace(job.fmt, open=BrokenWriter))
    begun = time.monotonic()
    with pytest.raises(DestinationError, match="the writer broke"):
        export(slow_logs.plan, job)
    require_stopped(slow_logs.url, sql, begun)
    assert files_below(tmp_path) == set()


def test_an_error_in_a_transform_stops_a_query_that_the_server_still_works_on(
    slow_logs: Exporter, sql: RunSql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: CleanMessage, batch: pa.RecordBatch) -> pa.RecordBatch:
        raise TransformError(f"cannot clean {batch.num_rows} rows")

    monkeypatch.setattr(CleanMessage, "apply", fail)
    begun = time.monotonic()
    with pytest.raises(TransformError, match=r"cannot clean \d+ rows"):
        slow_logs.run()
    require_stopped(slow_logs.url, sql, begun)
    assert files_below(tmp_path) == set()


def test_an_interrupt_stops_the_query_and_leaves_nothing(slow_logs: Exporter, sql: RunSql, tmp_path: Path) -> None:
    def interrupt() -> None:
        time.sleep(WAITING_S)
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        slow_logs.run(on_progress=at_batch(2, interrupt))
    require_stopped(slow_logs.url, sql, begun)
    assert files_below(tmp_path) == set()


@pytest.mark.parametrize(
    "step",
    [
        lambda batch: batch.slice(1),
        lambda batch: batch.drop_columns(["message"]),
        lambda batch: batch.append_column("more", pa.nulls(batch.num_rows)),
    ],
    ids=["a row fewer", "a column fewer", "a column more"],
)
def test_a_transform_that_gives_what_it_did_not_declare_is_refused(
    filled_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> None:
    def apply(_: CleanMessage, batch: pa.RecordBatch) -> pa.RecordBatch:
        return step(batch)

    monkeypatch.setattr(CleanMessage, "apply", apply)
    with pytest.raises(PermanentError, match="transform"):
        Exporter(filled_url, tmp_path).run()
    assert files_below(tmp_path) == set()


def test_a_file_that_grows_past_the_limit_leaves_the_earlier_one(
    staff: Children, source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    one = exporter(source_url, tmp_path)
    one.run()
    before, content = files_below(tmp_path), one.file().read_bytes()
    sql(source_url, NEW_ROWS)
    result = staff.run(Command(source_url, str(tmp_path), file_bytes=30_000))
    assert result.kind == "DestinationError"
    assert str(tmp_path / "_staging") in result.message
    assert (files_below(tmp_path), one.file().read_bytes()) == (before, content)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 kB; only root may mount one, others have the test of the file limit above."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.fail("run the tests as root: a small disk has to be mounted")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_named_and_leaves_nothing_behind(small_disk: Path, filled_url: str, large_url: str) -> None:
    exporter(filled_url, small_disk).run()
    before, content = files_below(small_disk), exporter(filled_url, small_disk).file().read_bytes()
    with pytest.raises(DestinationError, match=r"disk/_staging/.*ENOSPC.*free some space"):
        Exporter(large_url, small_disk).run()
    assert (files_below(small_disk), exporter(filled_url, small_disk).file().read_bytes()) == (
        before,
        content,
    )


def test_a_folder_that_takes_no_files_is_named(filled_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(DestinationError, match=r"file/below/_staging.*a file is where a folder should be"):
        Exporter(filled_url, tmp_path / "file" / "below").run()
    assert files_below(tmp_path) == {"file"}


def test_an_older_snapshot_does_not_replace_a_newer_one(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    one, newer = exporter(source_url, tmp_path), []

    def overtake() -> None:
        sql(source_url, NEW_ROWS)
        newer.append(one.run().manifest)

    with pytest.raises(SupersededError, match=r"logs date=2026-11-20 .parquet.: run .* published a newer snapshot"):
        one.run(on_progress=at_batch(1, overtake))
    assert manifest_of(one) == newer[0]
    require_whole(one)


def test_two_exports_of_the_same_state_may_follow_each_other(filled_url: str, tmp_path: Path) -> None:
    one = exporter(filled_url, tmp_path)
    first, second = one.run().manifest, one.run().manifest
    assert (first.sha256, first.run_id != second.run_id) == (second.sha256, True)
    require_whole(one)


def test_a_derived_format_whose_parquet_was_replaced_meanwhile_is_tried_again(
    source_url: str, sql: RunSql, tmp_path: Path
) -> None:

    one = exporter(source_url, tmp_path)
    one.run()

    def overtake() -> None:
        sql(source_url, NEW_ROWS)
        one.run()

    with pytest.raises(DestinationUnavailableError, match="was published anew while it was read"):
        export(ExportPlan.published(LOGS), one.job(format_name="jsonl"), at_batch(1, overtake))
    assert not list(tmp_path.glob("logs/jsonl/**/*.jsonl"))
    assert one.derive("jsonl").manifest.row_count == manifest_of(one).row_count
    assert len(json.loads((tmp_path / one.target(format_name="jsonl").manifest).read_bytes())) > 20


def test_a_lock_that_is_not_had_in_time_leaves_nothing(large_url: str, tmp_path: Path) -> None:
    one = Exporter(large_url, tmp_path)
    job = replace(one.job(), source=Source(large_url, Timeouts(lock_s=0.3)))
    with psycopg.connect(large_url) as blocker:
        blocker.execute("lock table log_entries in access exclusive mode")
        with pytest.raises(TransientError, match="raise EXPORT_LOCK_TIMEOUT_S"):
            export(one.plan, job)
    assert files_below(tmp_path) == set()
