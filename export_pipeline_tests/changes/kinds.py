"""What a dataset's table may be, beside a plain table: each made out of `anomaly_records`, under the name `seen`."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from export_pipeline_tests.conftest import RunSql

_BY_DAY = """
create table seen (like anomaly_records) partition by range ("timestamp");
create table {first} partition of seen for values from (minvalue) to ('2026-11-19');
create table seen_19 partition of seen for values from ('2026-11-19') to ('2026-11-20');
create table seen_20 partition of seen for values from ('2026-11-20') to (maxvalue);
"""
_SELF = """
create extension postgres_fdw;
create server self foreign data wrapper postgres_fdw options (host '127.0.0.1', port '{port}', dbname '{database}');
create user mapping for public server self options (user 'postgres', password '{password}');
"""
_FOREIGN = """
create schema far;
import foreign schema public limit to (anomaly_records) from server self into far;
alter foreign table far.anomaly_records rename to seen;
alter foreign table far.seen set schema public;
"""
_FILL = "insert into seen select * from anomaly_records"
_FOREIGN_DAY = """
create table far (like anomaly_records);
create table seen (like anomaly_records) partition by range ("timestamp");
create foreign table seen_18 partition of seen for values from (minvalue) to ('2026-11-19') server self
    options (table_name 'far');
create table seen_19 partition of seen for values from ('2026-11-19') to (maxvalue);
"""
_INHERITED = """
create table seen (like anomaly_records);
create table seen_more () inherits (seen);
insert into seen select * from anomaly_records where id % 2 = 0;
insert into seen_more select * from anomaly_records where id % 2 = 1;
"""
_NARROW = """
create role {role} login password 'narrow';
grant select ({columns}) on seen to {role};
grant select on devices to {role};
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """How to make `seen`, which table to write to then, and what to run for the change to be seen."""

    statements: tuple[str, ...]
    written: str = "seen"
    after: str = "select 1"
    shows_writers: bool = True
    by_grant: bool = False
    """Whether it is read by an account that may read only the columns."""

    def make(self, url: str, sql: RunSql) -> str:
        """Make it in the database at `url`; return the URL to read it by."""
        parts = urlsplit(url)
        values = {"port": parts.port, "database": parts.path[1:], "password": unquote(parts.password or "")}
        for statement in self.statements:
            sql(url, statement.format(first="seen_18", **values))
        if not self.by_grant:
            return url
        columns = sql(
            url,
            "select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = "
            "'seen'::regclass and attnum > 0",
        )[0][0]
        role = f"narrow_{parts.path[1:]}"
        sql(url, _NARROW.format(role=role, columns=columns))
        return f"postgresql://{role}:narrow@127.0.0.1:{parts.port}{parts.path}"


KINDS = {
    "table": Kind(("alter table anomaly_records rename to seen",)),
    "unlogged table": Kind(("alter table anomaly_records set unlogged", "alter table anomaly_records rename to seen")),
    "grant on columns": Kind(("alter table anomaly_records rename to seen",), shows_writers=False, by_grant=True),
    "partitioned": Kind((_BY_DAY, _FILL)),
    "inherited": Kind((_INHERITED,)),
    "view": Kind(("create view seen as select * from anomaly_records",), "anomaly_records", shows_writers=False),
    "materialized view": Kind(
        ("create materialized view seen as select * from anomaly_records",),
        "anomaly_records",
        "refresh materialized view seen",
    ),
    "foreign table": Kind(
        (_SELF, _FOREIGN),
        "anomaly_records",
        shows_writers=False,
    ),
    "partitioned, a part of it foreign": Kind((_SELF, _FOREIGN_DAY, _FILL), shows_writers=False),
}
