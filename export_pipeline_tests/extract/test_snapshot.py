"""Snapshots of a real server: locks come first, settings are ours, refusals have names."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest

from export_pipeline.errors import SchemaDriftError, SourceAccessError, SourceBusyError
from export_pipeline.extract.catalog import index_advice, require_declared, undeclared
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.selection import SelectedColumn, Selection, TimeColumn
from export_pipeline.extract.snapshot import open_snapshot
from export_pipeline.extract.source import Source, Timeouts
from export_pipeline_tests.conftest import RunSql

COLUMNS = (SelectedColumn("id", "id", "int4"), SelectedColumn("at", "at", "timestamp"))
SELECTION = Selection(TableName("t"), COLUMNS, TimeColumn("at", "timestamp"), ("id",))
TABLES = [(TableName("t"), "id")]


@pytest.fixture
def url(empty_source_url: str, sql: RunSql) -> str:
    sql(empty_source_url, "create table t (id int primary key, at timestamp)")
    sql(empty_source_url, "insert into t select g, '2026-11-20' from generate_series(1, 100) g")
    return empty_source_url


def account(url: str, sql: RunSql, name: str, *grants: str) -> str:
    """Return the URL of a new account that has only `grants`."""
    with suppress(psycopg.errors.UndefinedObject):
        sql(url, f"drop owned by {name}")
        sql(url, f"drop role {name}")
    sql(url, f"create role {name} login password 'secret'")
    for grant in grants:
        sql(url, f"grant {grant} to {name}")
    return "postgresql://" + name + ":secret@" + url.split("@")[1]


def count(url: str) -> int:
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        return snapshot.count(SELECTION, with_xmin=False).tally.rows


@pytest.mark.parametrize("change", ["truncate t", "alter table t alter id type bigint"])
def test_a_table_cannot_be_emptied_or_rewritten_under_a_snapshot(url: str, sql: RunSql, change: str) -> None:
    finished = threading.Event()

    def rewrite() -> None:
        sql(url, change)
        finished.set()

    thread = threading.Thread(target=rewrite)
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        thread.start()
        assert not finished.wait(0.3)
        assert snapshot.count(SELECTION, with_xmin=True).tally.rows == 100
    thread.join(10)
    assert finished.is_set()


def test_a_snapshot_does_not_see_what_is_committed_after_it(url: str, sql: RunSql) -> None:
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        sql(url, "insert into t values (1000, '2026-11-20')")
        counted = snapshot.count(SELECTION, with_xmin=True)
        rows = sum(batch.num_rows for batch in read_batches(snapshot, SELECTION, BatchLimits()))
    assert (counted.tally.rows, rows) == (100, 100)
    assert counted.tally.newest is not None
    assert counted.tally.newest < snapshot.identity.xmin


def test_the_newest_transaction_is_found_in_64_bits(url: str, sql: RunSql) -> None:
    sql(url, "update t set at = at where id = 7")
    ((expected,),) = sql(url, "select xmin::text::bigint from t where id = 7")
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        assert snapshot.count(SELECTION, with_xmin=True).tally.newest == expected


def test_the_identity_is_the_servers(url: str, sql: RunSql) -> None:
    ((system,),) = sql(url, "select system_identifier::text from pg_control_system()")
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        assert (snapshot.identity.system_identifier, snapshot.identity.timeline) == (system, 1)
        assert snapshot.identity.taken_at.tzinfo is not None


def test_a_lock_that_is_not_had_in_time_asks_for_a_retry(url: str) -> None:
    with psycopg.connect(url) as blocker:
        blocker.execute("lock table t in access exclusive mode")
        begun = time.monotonic()
        with (
            pytest.raises(SourceBusyError, match="EXPORT_LOCK_TIMEOUT_S"),
            open_snapshot(Source(url, Timeouts(lock_s=0.2)), TABLES, "t"),
        ):
            pass
        assert time.monotonic() - begun < 5


def test_an_account_that_may_only_select_can_export(url: str, sql: RunSql) -> None:
    assert count(account(url, sql, "only_select", "select on t")) == 100


def test_a_grant_on_columns_is_enough_and_holds_the_same_lock(url: str, sql: RunSql) -> None:
    reader = account(url, sql, "some_columns", "select (id, at) on t")
    with open_snapshot(Source(reader), TABLES, "t") as snapshot:
        assert snapshot.count(SELECTION, with_xmin=False).tally.rows == 100
        with pytest.raises(psycopg.errors.LockNotAvailable):
            sql(url, "begin; set local lock_timeout = 100; truncate t")


def test_a_materialized_view_can_be_exported(url: str, sql: RunSql) -> None:
    sql(url, "create materialized view copy_of_t as select * from t")
    with open_snapshot(Source(url), [(TableName("copy_of_t"), "id")], "t") as snapshot:
        live = snapshot.describe(Selection(TableName("copy_of_t"), COLUMNS, SELECTION.time, ("id",)))
    assert live.has_xmin


def test_an_account_without_rights_is_told_what_to_grant(url: str, sql: RunSql) -> None:
    with pytest.raises(SourceAccessError, match="grant the account SELECT"):
        count(account(url, sql, "no_rights"))


def test_rows_hidden_by_a_policy_are_never_silently_left_out(url: str, sql: RunSql) -> None:
    reader = account(url, sql, "half_blind", "select on t")
    sql(url, "alter table t enable row level security")
    sql(url, "create policy half on t using (id % 2 = 0)")
    with pytest.raises(SourceAccessError, match="row-level security"):
        count(reader)


def test_a_wrong_password_is_refused_without_being_shown(url: str) -> None:
    wrong = url.split("://", maxsplit=1)[0] + "://postgres:p%40ss-w%23rd@" + url.split("@")[1]
    with pytest.raises(SourceAccessError) as caught:
        count(wrong)
    assert "password authentication failed" in str(caught.value)
    assert "p@ss" not in str(caught.value)
    assert "ss-w" not in repr(caught.value.__cause__)


def test_a_missing_table_is_named(empty_source_url: str) -> None:
    with pytest.raises(SourceAccessError, match='"t" does not exist'):
        count(empty_source_url)


def test_the_settings_of_the_role_change_nothing(url: str, sql: RunSql) -> None:
    reader = account(url, sql, "odd_settings", "select on t")
    for setting in ("timezone = 'Australia/Lord_Howe'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'"):
        sql(url, f"alter role odd_settings set {setting}")
    with open_snapshot(Source(reader), TABLES, "t") as snapshot:
        assert snapshot.rows("select '2026-11-20 05:00+00'::timestamptz::text, '1 day 2:00'::interval::text") == [
            ("2026-11-20 05:00:00+00", "1 day 02:00:00")
        ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("alter table t drop column at", "column 'at' (timestamp) is missing"),
        ("alter table t alter at type text", "column 'at' is text, declared is timestamp"),
        ("alter table t alter id type bigint", "column 'id' is int8, declared is int4"),
        ("alter table t rename id to number", "column 'id' (int4) is missing"),
    ],
)
def test_a_table_that_drifted_is_refused_by_column(url: str, sql: RunSql, change: str, said: str) -> None:
    sql(url, change)
    with open_snapshot(Source(url), [(TableName("t"), "xmin")], "t") as snapshot:
        live = snapshot.describe(SELECTION)
        with pytest.raises(SchemaDriftError) as caught:
            require_declared(live, SELECTION)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("column", "declared"),
    [
        ("domain_of_text", "varchar"),
        ("an_enum", "text"),
        ("numeric(5,2)", "numeric(5,2)"),
        ("varchar(45)", "text"),
        ("jsonb", "json"),
        ("varchar(9)[]", "text[]"),
        ("nested_domain", "varchar"),
    ],
)
def test_columns_that_read_the_same_count_as_declared(url: str, sql: RunSql, column: str, declared: str) -> None:
    sql(url, "create domain domain_of_text as text")
    sql(url, "create domain nested_domain as domain_of_text")
    sql(url, "create type an_enum as enum ('a', 'b')")
    sql(url, f"alter table t add v {column}")
    selection = Selection(SELECTION.table, (*COLUMNS, SelectedColumn("v", "v", declared)), SELECTION.time, ("id",))
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        require_declared(snapshot.describe(selection), selection)


def test_a_column_nobody_declared_is_said(url: str, sql: RunSql) -> None:
    sql(url, "alter table t add extra int default 7")
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        assert undeclared(snapshot.describe(SELECTION), SELECTION) == ("extra",)


def test_a_missing_time_index_is_advised_with_the_statement_to_run(url: str, sql: RunSql) -> None:
    def advice() -> str | None:
        with open_snapshot(Source(url), TABLES, "t") as snapshot:
            return index_advice(snapshot.describe(SELECTION), SELECTION)

    before = advice()
    assert before is not None
    statement = before.split("run: ")[1]
    sql(url, statement)
    assert advice() is None


@pytest.mark.parametrize(
    ("index", "unique"),
    [
        ("create unique index on t (id)", True),
        ("create unique index on t (id) where id > 5", False),
        ("create unique index on t (id, at)", False),
        ("create index on t (id)", False),
    ],
)
def test_the_key_is_known_to_be_unique_only_where_the_server_keeps_it_so(
    url: str, sql: RunSql, index: str, *, unique: bool
) -> None:
    sql(url, "alter table t drop constraint t_pkey")
    sql(url, index)
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        assert snapshot.describe(SELECTION).key_is_unique is unique


def test_duplicate_keys_are_listed_with_their_rows(url: str, sql: RunSql) -> None:
    sql(url, "alter table t drop constraint t_pkey")
    sql(url, "insert into t values (5, now()), (5, now()), (6, now())")
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        found = snapshot.duplicate_keys(SELECTION).to_pylist()
    assert sorted(found, key=lambda row: row["id"]) == [{"id": 5, "rows": 3}, {"id": 6, "rows": 2}]


def test_a_side_table_is_read_whole(url: str) -> None:
    with open_snapshot(Source(url), TABLES, "t") as snapshot:
        assert snapshot.lookup(TableName("t"), ("id",)).num_rows == 100


@pytest.mark.parametrize("leave", [lambda: None, lambda: 1 / 0])
def test_the_connection_is_closed_however_the_block_ends(url: str, sql: RunSql, leave: Callable[[], object]) -> None:
    with suppress(ZeroDivisionError), open_snapshot(Source(url), TABLES, "t"):
        leave()
    time.sleep(0.1)
    ours = "application_name = 'export_pipeline' and datname = current_database()"
    assert sql(url, f"select count(*) from pg_stat_activity where {ours}") == [(0,)]
