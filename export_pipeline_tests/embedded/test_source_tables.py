from export_pipeline.embedded.source_tables import SOURCE_TABLES, create_tables
from export_pipeline_tests.conftest import RunSql

COLUMNS = """
    SELECT column_name, CASE WHEN character_maximum_length IS NULL THEN udt_name
                             ELSE udt_name || '(' || character_maximum_length || ')' END
    FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position
"""


def test_log_entries_are_as_deployed(empty_source_url: str, sql: RunSql) -> None:
    assert sql(empty_source_url, COLUMNS, ["log_entries"]) == [
        ("id", "int4"),
        ("device_id", "int4"),
        ("device_ip", "varchar(45)"),
        ("timestamp", "timestamp"),
        ("log_level", "varchar(50)"),
        ("process_name", "varchar(128)"),
        ("message", "text"),
        ("raw_message", "text"),
        ("structured_data", "json"),
        ("pushed_to_ai", "bool"),
        ("pushed_at", "timestamp"),
        ("push_attempts", "int4"),
        ("last_push_error", "text"),
    ]


def test_keys_and_indexes_are_there(empty_source_url: str, sql: RunSql) -> None:
    query = """
        SELECT tablename, string_agg(substring(indexdef FROM '\\((.*)\\)'), ' ' ORDER BY indexdef)
        FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%btree%' GROUP BY 1
    """
    found = {table: set(columns.split()) for table, columns in sql(empty_source_url, query)}
    assert found == {
        "devices": {"id"},
        "log_entries": {"id", '"timestamp"', "device_id", "log_level", "process_name"},
        "anomaly_records": {"id", '"timestamp"'},
        "ip_addresses": {"address", "first_seen"},
    }
    assert set(SOURCE_TABLES) == set(found)


def test_tables_that_exist_are_left_alone(source_url: str, sql: RunSql) -> None:
    create_tables(source_url)
    assert sql(source_url, "SELECT count(*) FROM log_entries") == [(2_000,)]
