"""Any table of the source as a dataset: what nobody declared is taken from the catalog, and nothing is added to it.

Such a dataset is for exports of their own, not for partitions: it need have neither key nor time column.
"""

from collections.abc import Sequence

from adbc_driver_postgresql.dbapi import Cursor

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.errors import ConfigError
from export_pipeline.extract.any_table import key_of, look_at_table
from export_pipeline.extract.live_relation import LiveColumn
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import TIME_TYPES
from export_pipeline.write.paths import safe_name


def dataset_of_table(cursor: Cursor, table: TableName, time_column: str | None = None, zone: str = "UTC") -> Dataset:
    """Return `table` as a dataset of those of its columns that the account may read, in their order.

    `time_column` places its rows in time; its values are read in `zone` where they carry none, and published as they
    are. Raises: SourceAccessError (no such table, or nothing of it may be read), ConfigError for what is no table and
    for a `time_column` that is none.
    """
    relation = look_at_table(cursor, table)
    readable = [column for column in relation.columns if column.is_readable]
    if time_column is not None:
        _require_time(table, time_column, readable)
    names, key = {column.name for column in readable}, tuple(key_of(cursor, relation.name))
    return Dataset(
        name=safe_name(*filter(None, (relation.name.schema, relation.name.name))),
        description=relation.comment,
        table=relation.name,
        key=key if names.issuperset(key) else (),
        time_column=time_column,
        columns=tuple(_declared(column) for column in readable),
        transforms=(),
        retyped={},
        derived=(),
        naive_zone=zone,
    )


def _declared(column: LiveColumn) -> SourceColumn:
    return SourceColumn(column.name, column.pg_type, column.comment, low_cardinality=column.pg_type == "enum")


def _require_time(table: TableName, name: str, columns: Sequence[LiveColumn]) -> None:
    times = [column.name for column in columns if column.pg_type in TIME_TYPES]
    if name in times:
        return
    types = {column.name: column.pg_type for column in columns}
    found = f"is {types[name]}" if name in types else "is not in it"
    there = f"its columns of times are {', '.join(times)}" if times else "it has no column of times"
    raise ConfigError(f"table {table}: time_column {name!r} {found}; {there}")
