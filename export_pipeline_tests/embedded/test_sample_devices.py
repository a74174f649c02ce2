from datetime import datetime

from export_pipeline.embedded.sample_devices import make_devices


def test_devices_have_names_and_addresses_of_their_own() -> None:
    devices = make_devices(600, datetime(2026, 1, 1))  # noqa: DTZ001 - the column is naive UTC
    assert devices["id"].to_pylist() == list(range(1, 601))
    assert len(set(devices["name"].to_pylist())) == 600
    assert len(set(devices["ip_address"].to_pylist())) == 600
    assert 0 < devices["description"].null_count < 100


def test_no_devices_are_an_empty_table_with_all_columns() -> None:
    columns = ["id", "name", "ip_address", "description", "created_at", "updated_at"]
    assert make_devices(0, datetime(2026, 1, 1)).column_names == columns  # noqa: DTZ001 - naive UTC
