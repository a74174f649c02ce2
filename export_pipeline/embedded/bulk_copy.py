"""Arrow tables into PostgreSQL tables by COPY.

As CSV: unlike ADBC's binary ingest it can write json, inet and array columns, which the server parses itself.
"""

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv

_UNQUOTED_NULL = csv.WriteOptions(include_header=False)  # text is quoted, so that '' and NULL stay different


def copy_rows(connection: psycopg.Connection, table: str, rows: pa.Table) -> None:
    """Append `rows` to `table`, into the columns of the same names."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    )
    text = pa.BufferOutputStream()
    csv.write_csv(rows, text, _UNQUOTED_NULL)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(memoryview(text.getvalue()))
