"""Tables that are missing, hidden or of another kind, and accounts that may read too little or too much."""

import pytest

from export_pipeline.preflight.finding import State
from export_pipeline_tests.preflight.looking import Reader

KEPT = "address, first_seen, last_seen, risk_score, country, tags, request_count"
PARENT = (
    "CREATE TABLE ip_addresses (LIKE kept) PARTITION BY RANGE (first_seen);"
    "ALTER TABLE ip_addresses ATTACH PARTITION kept DEFAULT"
)


def test_a_table_that_can_be_read_and_nothing_else_is_good(reader: Reader) -> None:
    found = reader.look("ips")
    assert (found["ips: table"].state, found["ips: table"].found) == (State.OK, "public.ip_addresses, a table")
    assert found["ips: table privileges"].state is State.OK
    assert f"{reader.name} may read it, and nothing else" in found["ips: table privileges"].found


@pytest.mark.parametrize(
    ("statement", "setting"),
    [
        ("ALTER TABLE ip_addresses RENAME TO ip_address", "public.ip_address"),
        ("CREATE SCHEMA ops; GRANT USAGE ON SCHEMA ops TO {reader}; ALTER TABLE ip_addresses SET SCHEMA ops",
         "ops.ip_addresses"),
        ("CREATE SCHEMA ops; ALTER TABLE ip_addresses SET SCHEMA ops", "ops.ip_addresses"),
        ('ALTER TABLE ip_addresses RENAME TO "ip addresses"', "'\"public\".\"ip addresses\"'"),
    ],
)  # fmt: skip
def test_a_table_of_another_name_is_suggested_as_a_setting_to_paste(
    reader: Reader, statement: str, setting: str
) -> None:
    reader.sql(statement)
    found = reader.look("ips")
    assert found["ips: table"].state is State.FAILED
    assert found["ips: table"].next_step == f"EXPORT_DATASETS__IPS__TABLE={setting}"
    assert found["ips: columns"].found == "not looked at: the table is not there"


def test_a_table_of_quite_another_name_is_known_by_its_columns(reader: Reader) -> None:
    reader.sql(
        "CREATE SCHEMA ops; ALTER TABLE ip_addresses SET SCHEMA ops; ALTER TABLE ops.ip_addresses RENAME TO peers"
    )
    reader.sql("ALTER TABLE ops.peers RENAME first_seen TO met")
    assert reader.look("ips")["ips: table"].next_step == "EXPORT_DATASETS__IPS__TABLE=ops.peers"


def test_a_table_like_no_other_is_asked_for(reader: Reader) -> None:
    reader.sql("DROP TABLE ip_addresses")
    found = reader.look("ips", datasets={"ips": {"table": "zzz"}})
    assert "zzz is not in the database" in found["ips: table"].found
    assert found["ips: table"].next_step == "EXPORT_DATASETS__IPS__TABLE=schema.name"


def test_a_schema_that_may_not_be_used_is_named_with_its_grant(reader: Reader) -> None:
    reader.sql("CREATE SCHEMA ops; ALTER TABLE ip_addresses SET SCHEMA ops")
    missing = reader.look("ips", datasets={"ips": {"table": "ops.ip_addresses"}})["ips: table"]
    assert missing.next_step == f'GRANT USAGE ON SCHEMA "ops" TO "{reader.name}";'
    reader.sql(missing.next_step)
    assert reader.look("ips", datasets={"ips": {"table": "ops.ip_addresses"}})["ips: table"].state is State.OK


def test_a_missing_grant_is_named_and_helps(reader: Reader) -> None:
    reader.sql("REVOKE SELECT ON ip_addresses FROM {reader}")
    refused = reader.look("ips")
    assert refused["ips: table privileges"].state is State.FAILED
    assert "may not read address, first_seen" in refused["ips: table privileges"].found
    assert refused["ips: rows"].found == "not looked at: its tables cannot be read as declared"
    reader.sql(refused["ips: table privileges"].next_step)
    assert reader.look("ips")["ips: table privileges"].state is State.OK


def test_a_grant_on_some_columns_names_those_that_are_refused(reader: Reader) -> None:
    reader.sql(
        "REVOKE SELECT ON ip_addresses FROM {reader}; GRANT SELECT (address, first_seen) ON ip_addresses TO {reader}"
    )
    found = reader.look("ips")["ips: table privileges"]
    assert found.state is State.FAILED
    assert "may not read last_seen, risk_score, country, tags, request_count of" in found.found


def test_a_grant_on_all_declared_columns_works_but_hides_transactions(reader: Reader) -> None:
    reader.sql(f"REVOKE SELECT ON ip_addresses FROM {{reader}}; GRANT SELECT ({KEPT}) ON ip_addresses TO {{reader}}")
    found = reader.look("ips")
    assert found["ips: table privileges"].state is State.WARNING
    assert "changes are found by a digest of all" in found["ips: table privileges"].found
    assert found["ips: first backfill"].state is State.OK


def test_a_row_policy_that_would_hide_rows_stops_the_export(reader: Reader) -> None:
    reader.sql("ALTER TABLE ip_addresses ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON ip_addresses USING (true)")
    found = reader.look("ips")["ips: table privileges"]
    assert found.state is State.FAILED
    assert "row-level security would hide rows of public.ip_addresses" in found.found
    reader.sql(found.next_step)
    assert reader.look("ips")["ips: table privileges"].state is State.OK


def test_an_account_that_may_change_rows_is_warned_of(reader: Reader) -> None:
    reader.sql("GRANT DELETE ON ip_addresses TO {reader}")
    found = reader.look("ips")["ips: table privileges"]
    assert (found.state, "may change rows" in found.found) == (State.WARNING, True)
    reader.sql(found.next_step)
    assert reader.look("ips")["ips: table privileges"].state is State.OK


@pytest.mark.parametrize(
    ("kind", "statement", "state"),
    [
        ("a view", f"CREATE VIEW ip_addresses AS SELECT {KEPT} FROM kept", State.WARNING),
        ("a materialized view", f"CREATE MATERIALIZED VIEW ip_addresses AS SELECT {KEPT} FROM kept", State.OK),
        ("a partitioned table", PARENT, State.OK),
    ],
)
def test_the_kind_of_what_stands_for_a_table_is_said(reader: Reader, kind: str, statement: str, state: State) -> None:
    reader.sql(f"ALTER TABLE ip_addresses RENAME TO kept; {statement}; GRANT SELECT ON ip_addresses TO {{reader}}")
    found = reader.look("ips")
    assert (found["ips: table"].state, kind in found["ips: table"].found) == (state, True)
    assert found["ips: first backfill"].state is State.OK


def test_a_joined_table_that_is_missing_is_described(reader: Reader) -> None:
    reader.sql("ALTER TABLE devices RENAME TO gear")
    found = reader.look("logs")["logs: joined devices"]
    assert found.state is State.FAILED
    assert found.next_step == "EXPORT_DATASETS__LOGS__SIDE_TABLE=schema.name"


def test_a_joined_table_of_other_columns_is_described(reader: Reader) -> None:
    reader.sql("ALTER TABLE devices RENAME name TO label")
    found = reader.look("logs")["logs: joined devices"]
    assert found.state is State.FAILED
    assert found.found.startswith("public.devices, a table, has no column name; its columns are id, label, ")
    assert found.next_step == """say which they are: EXPORT_DATASETS__LOGS__SIDE_COLUMN_MAP='{"name": "…"}'"""
