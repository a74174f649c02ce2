"""Rows that no partition holds are counted, each kind by itself; nothing is said of a table that has none."""

from datetime import timedelta

import pytest

from export_pipeline.preflight.finding import Finding, State
from export_pipeline_tests.conftest import LAST_DAY
from export_pipeline_tests.preflight.looking import Reader

FIRST = LAST_DAY - timedelta(days=2)


def partitions(reader: Reader, **overrides: object) -> Finding | None:
    return reader.look("ips", **{"first_partition": FIRST, **overrides}).get("ips: partitions")


def test_rows_are_counted_with_their_span(reader: Reader) -> None:
    found = reader.look("ips", first_partition=FIRST)
    assert found["ips: rows"].found == f"60, {FIRST} to {LAST_DAY}; 60 of them in partitions"
    assert "ips: partitions" not in found


def test_rows_before_the_first_partition_are_named_with_the_setting_that_takes_them(reader: Reader) -> None:
    found = partitions(reader, first_partition=LAST_DAY)
    assert found is not None
    assert found.state is State.WARNING
    assert f"rows lie before the first partition, {LAST_DAY}" in found.found
    assert found.next_step.startswith(f"EXPORT_FIRST_PARTITION={FIRST},")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("NULL", "1 rows have no time"),
        ("'infinity'", "1 rows lie at infinity"),
        ("'-infinity'", "1 rows lie at infinity"),
        ("'2199-01-01'", "1 rows lie in the future"),
        ("'294276-01-01'", "1 rows lie in the future"),
        ("'4713-01-02 BC'", "1 rows lie before the first partition"),
    ],
)
def test_a_row_in_no_partition_is_counted(reader: Reader, value: str, said: str) -> None:
    one = "(SELECT min(address) FROM ip_addresses)"
    reader.sql(f"UPDATE ip_addresses SET first_seen = {value} WHERE address = {one}")
    found = partitions(reader)
    assert found is not None
    assert (found.state, found.found.startswith(said)) == (State.WARNING, True), found


def test_an_empty_table_is_a_warning(reader: Reader) -> None:
    reader.sql("DELETE FROM ip_addresses")
    found = reader.look("ips")
    assert (found["ips: rows"].state, found["ips: rows"].found) == (State.WARNING, "none yet")
    assert found["ips: first backfill"].found == "not looked at: no row lies in a partition"


def test_a_slow_count_gives_way_to_the_servers_statistics(reader: Reader) -> None:
    reader.sql("ANALYZE ip_addresses; ALTER TABLE ip_addresses RENAME TO kept")
    reader.sql(
        "CREATE FUNCTION slow(timestamptz) RETURNS timestamptz LANGUAGE plpgsql VOLATILE"
        " AS 'BEGIN PERFORM pg_sleep(1); RETURN $1; END'"
    )
    columns = "address, slow(first_seen) AS first_seen, last_seen, risk_score, country, tags, request_count"
    reader.sql(f"CREATE VIEW ip_addresses AS SELECT {columns} FROM kept; GRANT SELECT ON ip_addresses TO {{reader}}")
    found = reader.look("ips", statement_timeout_s=0.5)
    assert found["ips: rows"].state is State.WARNING
    assert "by the server's statistics" in found["ips: rows"].found
    assert found["ips: first backfill"].found == "not looked at: the rows could not be counted"
