"""The tables of the sample source: made from `source_schema.sql`, which is their one description.

Rows for them: `sample`.
"""

from importlib.resources import files

import psycopg

SOURCE_TABLES = ("devices", "log_entries", "anomaly_records", "ip_addresses")


def create_tables(url: str) -> None:
    """Create the source's tables and indexes in the database at `url`; those that exist are left alone."""
    statements = files("export_pipeline.embedded").joinpath("source_schema.sql").read_bytes()
    with psycopg.connect(url) as connection:
        connection.execute(statements)
