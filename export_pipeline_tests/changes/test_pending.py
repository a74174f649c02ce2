"""Change detection on a real database: every kind of change is found, and only then."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from export_pipeline.changes.pending import Published, compare
from export_pipeline.changes.verdict import State, Verdict
from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.errors import ConfigError, SchemaDriftError
from export_pipeline.extract.source import Source
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.changes.shop import ANOMALIES, Shop
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAYS, PARTITIONING, Exporter

FIRST, MIDDLE, LAST = DAYS
ROW = "insert into anomaly_records (\"timestamp\", anomaly_type, severity) values ('{time}', 'x', 1)"
A_ROW_OF = {day: f"id = (select min(id) from anomaly_records where \"timestamp\"::date = '{day}')" for day in DAYS}
ALL_OF_MIDDLE = f"\"timestamp\"::date = '{MIDDLE}'"


@pytest.fixture
def shop(source_url: str, tmp_path: Path) -> Shop:
    """All three days published."""
    shop = Shop(Exporter(source_url, tmp_path, ANOMALIES))
    shop.export(*DAYS)
    return shop


@pytest.mark.parametrize("bounded", [True, False])
def test_what_was_just_published_is_in_sync(shop: Shop, *, bounded: bool) -> None:
    found = shop.look(bounded=bounded)
    assert found.pending == ()
    assert {verdict.state for verdict in found.verdicts.values()} == {State.IN_SYNC}
    assert "none newer than the published snapshot" in found.verdicts[FIRST].reason


def test_what_was_never_published_is_missing(source_url: str, tmp_path: Path) -> None:
    found = Shop(Exporter(source_url, tmp_path, ANOMALIES)).look()
    assert found.pending == DAYS
    assert found.verdicts[LAST] == Verdict(State.MISSING, "never published")


SHIFT = 'update anomaly_records set "timestamp" = "timestamp" + interval \'{days} day\' where {row}'
CHANGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # what happens: (the statements, the days that are out of sync then)
    "new row": ((ROW.format(time=f"{MIDDLE} 12:00"),), (MIDDLE,)),
    "row at the first moment": ((ROW.format(time=f"{MIDDLE} 00:00"),), (MIDDLE,)),
    "row at the last moment": ((ROW.format(time=f"{MIDDLE} 23:59:59.999999"),), (MIDDLE,)),
    "updated row": ((f"update anomaly_records set status = 'resolved' where {A_ROW_OF[FIRST]}",), (FIRST,)),
    "deleted row": ((f"delete from anomaly_records where {A_ROW_OF[LAST]}",), (LAST,)),
    "emptied partition": ((f"delete from anomaly_records where {ALL_OF_MIDDLE}",), (MIDDLE,)),
    "truncated table": (("truncate anomaly_records",), DAYS),
    "one deleted, one new": (
        (f"delete from anomaly_records where {A_ROW_OF[FIRST]}", ROW.format(time=f"{FIRST} 12:00")),
        (FIRST,),
    ),
    "moved row": ((SHIFT.format(days=2, row=A_ROW_OF[FIRST]),), (FIRST, LAST)),
    "two rows changed places": (
        (
            SHIFT.format(days=1, row=A_ROW_OF[FIRST]),
            SHIFT.format(days=-1, row=A_ROW_OF[MIDDLE].replace("min", "max")),
        ),
        (FIRST, MIDDLE),
    ),
    "rolled back": ((f"begin; {ROW.format(time=f'{MIDDLE} 12:00')}; rollback",), ()),
    "renamed device": (("update devices set name = upper(name)",), ()),
    "frozen": (("vacuum (freeze) anomaly_records",), ()),
    "new index": (("create index on anomaly_records (severity)",), ()),
}


@pytest.mark.parametrize(("statements", "pending"), CHANGES.values(), ids=list(CHANGES))
def test_changes_are_found_where_they_are_and_exporting_settles_them(
    shop: Shop, sql: RunSql, statements: Sequence[str], pending: tuple[str, ...]
) -> None:
    for statement in statements:
        sql(shop.exporter.url, statement)
    assert shop.look().pending == pending
    assert shop.look(bounded=False).pending == pending
    for day in pending:
        shop.exporter.run(day)
    assert shop.look().pending == ()


def test_the_reason_says_what_was_seen(shop: Shop, sql: RunSql) -> None:
    url = shop.exporter.url
    sql(url, f"update anomaly_records set severity = 2 where {A_ROW_OF[FIRST]}")
    sql(url, f"delete from anomaly_records where {A_ROW_OF[LAST]}")
    verdicts = shop.look().verdicts
    assert verdicts[FIRST] == Verdict(State.CHANGED, "rows were written since it was published")
    ((left,),) = sql(url, f"select count(*) from anomaly_records where \"timestamp\"::date = '{LAST}'")
    assert verdicts[LAST] == Verdict(State.CHANGED, f"{left} rows in the source, {left + 1} when published")


@pytest.mark.parametrize(
    "statement",
    [
        ROW.format(time=f"{MIDDLE} 12:00"),
        f"update anomaly_records set severity = 3 where {A_ROW_OF[MIDDLE]}",
        f"delete from anomaly_records where {A_ROW_OF[MIDDLE]}",
    ],
    ids=["insert", "update", "delete"],
)
@pytest.mark.parametrize("prepared", [False, True])
def test_a_transaction_that_was_open_during_the_export_is_found_when_it_commits(
    shop: Shop, sql: RunSql, statement: str, *, prepared: bool
) -> None:
    with psycopg.connect(shop.exporter.url) as late:
        late.execute(statement.encode())
        if prepared:
            late.execute("prepare transaction 'late'")
        # Later transactions commit, and the partition is exported, while the first one is open.
        sql(shop.exporter.url, ROW.format(time=f"{MIDDLE} 13:00"))
        shop.exporter.run(MIDDLE)
        if prepared:
            sql(shop.exporter.url, "commit prepared 'late'")
        else:
            late.commit()
    assert shop.look().pending == (MIDDLE,)
    shop.exporter.run(MIDDLE)
    assert shop.look().pending == ()


def test_an_open_transaction_elsewhere_asks_for_one_export_more_once_it_has_ended(shop: Shop, sql: RunSql) -> None:
    with psycopg.connect(shop.exporter.url) as elsewhere:
        elsewhere.execute(b"create temporary table busy (id int)")
        elsewhere.execute(b"insert into busy values (1)")
        sql(shop.exporter.url, ROW.format(time=f"{MIDDLE} 13:00"))
        shop.exporter.run(MIDDLE)
        assert shop.verdict().state is State.UNSETTLED
        assert shop.look().pending == ()
    assert shop.look().pending == (MIDDLE,)
    shop.exporter.run(MIDDLE)
    assert shop.look().pending == ()


def test_a_row_written_in_a_subtransaction_is_found_and_settles(shop: Shop) -> None:
    with psycopg.connect(shop.exporter.url) as connection, connection.transaction():
        for _ in range(3):
            with connection.transaction():
                connection.execute(ROW.format(time=f"{MIDDLE} 12:00").encode())
    assert shop.look().pending == (MIDDLE,)
    shop.exporter.run(MIDDLE)
    assert shop.look().pending == ()


def test_rows_that_lie_in_no_partition_are_counted(shop: Shop, sql: RunSql) -> None:
    for time in ("2026-11-17 23:59:59.999999", "2026-11-21", "infinity", "-infinity"):
        sql(shop.exporter.url, ROW.format(time=time))
    sql(shop.exporter.url, "insert into anomaly_records (\"timestamp\", anomaly_type) values (null, 'x')")
    everything = shop.look(bounded=False)
    assert everything.scan.strays == 5
    assert everything.pending == ()
    ((rows,),) = sql(shop.exporter.url, "select count(*) from anomaly_records")
    assert sum(tally.rows for tally in everything.scan.partitions.values()) + 5 == rows
    assert shop.look(bounded=True).scan.strays == 0


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("system_identifier", "1", "the source is another server, or was restored or promoted"),
        ("timeline", 7, "the source is another server, or was restored or promoted"),
        ("xmin", 2**40, "the source was rewound behind the published snapshot"),
    ],
)
def test_another_history_of_the_source_puts_everything_out_of_sync(
    shop: Shop, field: str, value: object, reason: str
) -> None:
    shop.change_manifest(MIDDLE, lambda manifest: manifest["snapshot"].update({field: value}))
    assert shop.verdict() == Verdict(State.CHANGED, reason)


ALTERS = {
    "dropped and added anew": (
        "alter table anomaly_records drop column status, add column status text default 'resolved'",
    ),
    "names exchanged": (
        "alter table anomaly_records rename device_id to x",
        "alter table anomaly_records rename log_entry_id to device_id",
        "alter table anomaly_records rename x to log_entry_id",
    ),
    "label renamed": ("alter type mood rename value 'calm' to 'quiet'",),
}


@pytest.mark.parametrize("alters", ALTERS.values(), ids=list(ALTERS))
def test_other_values_that_an_alter_gives_to_rows_without_writing_them_are_found(
    any_source_url: str, sql: RunSql, tmp_path: Path, alters: Sequence[str]
) -> None:
    sql(
        any_source_url,
        "create type mood as enum ('calm'); create domain moods as mood;"
        "alter table anomaly_records add column mood moods default 'calm'",
    )
    columns = (*ANOMALIES.columns, SourceColumn("mood", "enum", "how it felt"))
    shop = Shop(Exporter(any_source_url, tmp_path, replace(ANOMALIES, columns=columns)))
    shop.export(*DAYS)
    assert shop.look().pending == ()
    for alter in alters:
        sql(any_source_url, alter)
    assert shop.look().pending == DAYS
    assert shop.verdict() == Verdict(State.CHANGED, "the table's columns were changed since it was published")
    shop.export(*DAYS)
    assert shop.look().pending == ()


def test_days_of_another_zone_are_out_of_sync(shop: Shop) -> None:
    found = shop.look(zone="Pacific/Kiritimati")
    assert found.pending == DAYS
    assert "another span of time" in found.verdicts[FIRST].reason


def test_a_table_that_differs_from_its_declaration_is_refused_as_by_an_export(shop: Shop, sql: RunSql) -> None:
    sql(shop.exporter.url, 'alter table anomaly_records alter "timestamp" type text')
    with pytest.raises(SchemaDriftError, match=r"column 'timestamp' is text, declared is timestamp"):
        shop.look()


def test_a_dataset_declared_anew_is_out_of_sync(shop: Shop) -> None:
    changed = replace(ANOMALIES, transforms=(StandardizeTimestamps(), *ANOMALIES.transforms[1:]))
    with pytest.raises(ConfigError):
        _ = replace(shop.exporter, dataset=changed).plan.published_schema
    assert shop.look(dataset=changed).pending == DAYS
    assert shop.look(dataset=changed).verdicts[FIRST].reason == "the dataset's declaration changed"


def test_a_derived_format_that_is_missing_or_older_is_found(shop: Shop) -> None:
    for day in DAYS:
        shop.exporter.derive("csv", day)
    assert shop.look("csv").pending == ()
    assert shop.verdict("csv", "json") == Verdict(State.MISSING, "a format derived from Parquet was never published")
    assert shop.look("csv", "json").stale_formats == dict.fromkeys(DAYS, (FORMATS["json"],))
    shop.exporter.run(MIDDLE)
    assert shop.look("csv").pending == (MIDDLE,)
    assert shop.look("csv").stale_formats == {MIDDLE: (FORMATS["csv"],)}
    assert shop.verdict("csv") == Verdict(State.CHANGED, "csv is derived from an older export")
    shop.exporter.derive("csv", MIDDLE)
    assert shop.look("csv").pending == ()


def test_a_damaged_manifest_counts_as_never_published(shop: Shop) -> None:
    (shop.exporter.root / shop.exporter.target(MIDDLE).manifest).write_text("{", encoding="utf-8")
    assert shop.verdict().state is State.MISSING
    shop.exporter.run(MIDDLE)
    assert shop.look().pending == ()


def test_a_partition_without_rows_is_in_sync_once_published(shop: Shop, sql: RunSql) -> None:
    sql(shop.exporter.url, f"delete from anomaly_records where {ALL_OF_MIDDLE}")
    shop.exporter.run(MIDDLE)
    assert shop.look().pending == ()


def test_a_look_at_no_partition_says_what_to_set(shop: Shop) -> None:
    published = Published(open_destination(str(shop.exporter.root)), FORMATS["parquet"], ())
    future = Partitioning(PARTITIONING.first.replace(year=2999))
    with pytest.raises(ConfigError, match="the first one, 2999-11-18, lies in the future; set EXPORT_FIRST_PARTITION"):
        compare(Source(shop.exporter.url), ANOMALIES, future, [], published, bounded=True)
