"""Columns of other names and types: what differs is said, and what to set is ready to paste."""

import json
import shlex

import pytest

from export_pipeline.preflight.finding import State
from export_pipeline.settings import Settings
from export_pipeline_tests.preflight.looking import Reader


def pasted(line: str) -> dict[str, str]:
    """Return what a shell makes of `NAME='…'`."""
    name, _, value = shlex.split(line)[0].partition("=")
    assert name in {"EXPORT_DATASETS__LOGS__COLUMN_MAP", "EXPORT_DATASETS__IPS__COLUMN_MAP"}
    found: dict[str, str] = json.loads(value)
    return found


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("timestamp", "logged_at"), ("message", "msg"), ("log_level", "level"), ("structured_data", "payload")],
)
def test_a_renamed_column_is_suggested_and_the_suggestion_works(reader: Reader, ours: str, theirs: str) -> None:
    reader.sql(f'ALTER TABLE log_entries RENAME "{ours}" TO {theirs}')
    found = reader.look("logs")["logs: columns"]
    assert found.state is State.FAILED
    assert f"column {ours!r}" in found.found
    assert pasted(found.next_step) == {ours: theirs}
    mended = reader.look("logs", datasets={"logs": {"column_map": pasted(found.next_step)}})
    assert mended["logs: columns"].state is State.OK
    assert mended["logs: first backfill"].state is State.OK


def test_several_renamed_columns_are_told_apart_by_name_and_type(reader: Reader) -> None:
    renamed = {"first_seen": "first_seen_at", "last_seen": "seen_last", "request_count": "requests"}
    for ours, theirs in renamed.items():
        reader.sql(f"ALTER TABLE ip_addresses RENAME {ours} TO {theirs}")
    assert pasted(reader.look("ips")["ips: columns"].next_step) == renamed


def test_what_the_column_map_says_already_is_kept_in_the_suggestion(reader: Reader) -> None:
    reader.sql("ALTER TABLE ip_addresses RENAME country TO land; ALTER TABLE ip_addresses RENAME tags TO labels")
    found = reader.look("ips", datasets={"ips": {"column_map": {"country": "land"}}})["ips: columns"]
    assert pasted(found.next_step) == {"country": "land", "tags": "labels"}


def test_a_column_of_another_type_is_never_suggested(reader: Reader) -> None:
    reader.sql("ALTER TABLE ip_addresses DROP country; ALTER TABLE ip_addresses ADD country_id int")
    found = reader.look("ips")["ips: columns"]
    assert found.next_step.startswith("name their columns in EXPORT_DATASETS__IPS__COLUMN_MAP")
    assert "country_id (int4)" in found.next_step


def test_a_column_of_another_type_is_named_with_both_types(reader: Reader) -> None:
    reader.sql("ALTER TABLE ip_addresses ALTER request_count TYPE text")
    found = reader.look("ips")["ips: columns"]
    assert found.found == "column 'request_count' is text, declared is int8"
    assert "export a view that casts them" in found.next_step


def test_a_column_that_is_not_exported_is_a_warning(reader: Reader) -> None:
    reader.sql("ALTER TABLE ip_addresses ADD note text")
    found = reader.look("ips")["ips: columns"]
    assert (found.state, "not exported: note" in found.found) == (State.WARNING, True)


def test_a_missing_index_is_named_with_the_statement_that_makes_it(reader: Reader) -> None:
    reader.sql("DROP INDEX ip_addresses_first_seen_idx")
    found = reader.look("ips")["ips: time index"]
    assert found.state is State.WARNING
    assert found.next_step == 'CREATE INDEX CONCURRENTLY ON "ip_addresses" ("first_seen");'
    reader.sql(found.next_step)
    assert reader.look("ips")["ips: time index"].state is State.OK


def test_a_key_that_nothing_keeps_unique_is_a_warning(reader: Reader) -> None:
    assert reader.look("ips")["ips: key"].state is State.OK
    reader.sql("ALTER TABLE ip_addresses DROP CONSTRAINT ip_addresses_pkey")
    assert reader.look("ips")["ips: key"].state is State.WARNING


def test_the_time_column_is_looked_for_under_its_own_name(reader: Reader) -> None:
    reader.sql("ALTER TABLE ip_addresses RENAME first_seen TO seen")
    found = reader.look("ips")
    assert found["ips: time index"].found == "not looked at: the time column 'first_seen' is missing"
    dataset = Settings.load(datasets={"ips": {"time_column": "seen"}}).dataset("ips")
    assert dataset.selection.placing_time.source_name == "seen"
    assert reader.look("ips", datasets={"ips": {"time_column": "seen"}})["ips: time index"].state is State.OK
