"""What is found out about a table that nobody declared: may it be read, and what tells its rows apart?"""

import pytest

from export_pipeline.errors import ConfigError, SourceAccessError
from export_pipeline.extract.any_table import key_of, look_at_table
from export_pipeline.extract.live_relation import LiveRelation
from export_pipeline.extract.names import TableName
from export_pipeline.extract.source import Source
from export_pipeline_tests.conftest import RunSql


def look(url: str, name: str) -> LiveRelation:
    with Source(url).asking() as cursor:
        return look_at_table(cursor, TableName.parse(name))


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("log_entris", SourceAccessError, r"log_entris is not in the source; did you mean public\.log_entries\?"),
        ("public.log_entris", SourceAccessError, r"is not in the source; did you mean public\.log_entries"),
        ("xyz", SourceAccessError, r"xyz is not in the source; check its name"),
        ("ops.devices", SourceAccessError, r"did you mean public\.devices\?"),
        ("devices_pkey", ConfigError, "devices_pkey is an index; name a table or a view"),
        ("anomaly_records_id_seq", ConfigError, "is a sequence"),
        ("bare", ConfigError, "table bare has no columns"),
    ],
)
def test_what_cannot_be_read_is_said_by_name(
    empty_source_url: str, sql: RunSql, name: str, kind: type[Exception], said: str
) -> None:
    sql(empty_source_url, "create table bare ()")
    with pytest.raises(kind, match=said):
        look(empty_source_url, name)


def test_a_table_that_the_account_may_not_read_is_said_by_name(empty_source_url: str, sql: RunSql) -> None:
    name = empty_source_url.rsplit("/", 1)[1]
    sql(empty_source_url, f"create role nobody_{name} login password 'nobody'")
    sql(empty_source_url, "create schema closed")
    sql(empty_source_url, "create table closed.t (id int)")
    password = empty_source_url.split("//")[1].split("@", maxsplit=1)[0]
    url = empty_source_url.replace(password, f"nobody_{name}:nobody")
    with pytest.raises(SourceAccessError, match=r"may read no column of devices; GRANT SELECT"):
        look(url, "devices")
    with pytest.raises(SourceAccessError, match="permission denied for schema closed"):
        look(url, "closed.t")


def test_the_schema_is_that_of_the_search_path(empty_source_url: str) -> None:
    assert look(empty_source_url, "devices").name == TableName("devices", "public")


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("a int primary key, b int unique not null", ["a"]),
        ("a int, b int, c int, primary key (c, a)", ["c", "a"]),
        ("a int unique", []),
        ("a int not null, b int not null, c int not null unique, unique (a, b)", ["c"]),
        ("a int not null, b int, unique (a) include (b)", ["a"]),
        ("a int not null", []),
    ],
)
def test_the_key_is_what_the_server_keeps_unique_and_not_null(
    empty_source_url: str, sql: RunSql, columns: str, key: list[str]
) -> None:
    sql(empty_source_url, f"create table t ({columns})")
    sql(empty_source_url, "create unique index on t ((a + 1))")
    sql(empty_source_url, "create unique index on t (a) where a > 5")
    with Source(empty_source_url).asking() as cursor:
        assert key_of(cursor, TableName("t")) == key


def test_the_key_of_a_parent_says_nothing_about_its_heirs(empty_source_url: str, sql: RunSql) -> None:
    sql(empty_source_url, "create table t (a int primary key)")
    sql(empty_source_url, "create table t1 () inherits (t)")
    with Source(empty_source_url).asking() as cursor:
        assert key_of(cursor, TableName("t")) == []
