"""A request is held against everything that is known before anything is connected: every mistake, at once."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from export_pipeline.errors import ConfigError, SourceAccessError, SourceUnavailableError
from export_pipeline.extract.selection import Window
from export_pipeline.on_demand.origin import Origin
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.on_demand.exporting import DEAD, Exports, left_in

LOGS = {"datasets": ["logs"]}
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({}, "datasets: nothing is chosen; name a dataset, for example logs, or a table by schema.name"),
    ({"datasets": ["things"]}, "datasets: there is no dataset 'things'; choose one of logs, anomalies, ips"),
    ({"datasets": ["logs", "logs"]}, "datasets: logs is there more than once"),
    ({"tables": ["a.b.c"]}, "tables: table name 'a.b.c' is not `name` or `schema.name`"),
    ({"tables": [""]}, "tables: table name '' is not"),
    (LOGS | {"time_column": "at"}, "time_column: it is for `tables`; a dataset has its own"),
    (LOGS | {"start": "soon"}, "start: 'soon' is no ISO date or time; write 2026-11-20"),
    (LOGS | {"end": "20.11.2026"}, "end: '20.11.2026' is no ISO date or time"),
    (LOGS | {"start": "2026-11-20", "end": "2026-11-19"}, "start: start 2026-11-20T00:00:00+00:00 lies after end"),
    (LOGS | {"filters": ["log_levle = 'error'"]}, "did you mean"),
    (LOGS | {"filters": ["syslog_severity <= abc"]}, "value 'abc' "),
    (LOGS | {"filters": ["syslog_severity like '4'"]}, "`like` does not fit column 'syslog_severity'"),
    (LOGS | {"filters": ["message"]}, "filters: filter 'message': at character 8 expected"),
    (LOGS | {"filters": ["ips: country = DE"]}, "filters: ips is not exported; there is logs"),
    ({"datasets": ["ips"], "processes": ["nginx"]}, "processes: they are programs of logs"),
    (LOGS | {"columns": ["mesage"]}, "columns: logs has no column 'mesage' (did you mean message?); it has id, "),
    (LOGS | {"columns": ["id", "id"]}, "columns: logs: id is there more than once"),
    (LOGS | {"compute": ["loud"]}, "compute: "),
    (LOGS | {"compute": ["loud=upper(mesage)"]}, "compute: logs: "),
    (LOGS | {"nested": ["devise"]}, "nested: "),
    (LOGS | {"compression": "snappy", "format": "csv"}, "compression: "),
    (LOGS | {"compression": "gzip", "compression_level": 99}, "compression: compression level 99"),
    (LOGS | {"format": "xlsx", "split_rows": 5}, "format: xlsx is one file"),
    (LOGS | {"totals": True}, "totals: they are for xlsx"),
    (LOGS | {"long_cells": "cut"}, "long_cells: they are for xlsx"),
    (LOGS | {"preset": "ticket", "format": "csv", "long_cells": "error"}, "long_cells: they are for xlsx"),
    (LOGS | {"batch_rows": 0}, "batch_rows: 0: "),
    (LOGS | {"max_invalid_ratio": 2}, "max_invalid_ratio: max_invalid_ratio is 2.0; give a share of 0 to 1"),
    (LOGS | {"max_invalid_ratio": float("nan")}, "max_invalid_ratio: max_invalid_ratio is nan"),
    (LOGS | {"output": "-"}, "output: the standard output takes csv, json, jsonl, not parquet"),
    ({"datasets": ["logs", "ips"], "format": "csv", "output": "-"}, "output: the standard output takes one dataset"),
    (LOGS | {"format": "csv", "zip": True, "output": "-"}, "neither split nor zipped"),
    (
        LOGS | {"format": "csv", "output": "-", "on_invalid": "quarantine"},
        "on_invalid: the standard output has no place",
    ),
    ({"datasets": ["things"], "filters": ["message"]}, "filters: filter 'message': at character 8 expected"),
    ({"tables": ["a.b"], "compute": ["a.b: loud"]}, "compute: 'loud' is no computed field"),
    (LOGS | {"output": " "}, "output: it is empty; name a file or a folder"),
    (LOGS | {"output": "logs.csv"}, "output: logs.csv would hold Parquet; add --format csv, or end it in .parquet"),
    (LOGS | {"output": "s3://bucket/logs.csv"}, "output: logs.csv would hold Parquet"),
    (LOGS | {"output": "ftp://host/file"}, "output: destination: ftp:// is not supported"),
    (LOGS | {"output": "s3:///file"}, "output: destination: it names no bucket"),
    (LOGS | {"output": "folder/.."}, "output: "),
    (LOGS | {"output": "a\0b"}, r"output: 'a\x00b' holds a NUL character"),
    (LOGS | {"columns": ["a\0b"]}, "columns: ['a\\x00b'] holds a NUL character"),
    (LOGS | {"filters": ["message = 'a\0b'"]}, "filters: [\"message = 'a\\x00b'\"] holds a NUL character"),
]


@pytest.mark.parametrize(("given", "said"), MISTAKES, ids=[said for _, said in MISTAKES])
def test_each_mistake_is_found_before_connecting(nowhere: Exports, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        nowhere.request(**given)
    assert said in str(raised.value)
    assert not nowhere.root.exists()


def test_a_mistake_is_said_once(nowhere: Exports) -> None:
    with pytest.raises(ConfigError) as raised:
        nowhere.request(datasets=["logs"], filters=["message"], compute=["logs: loud"], format="cvs", output="a.csv")
    assert [line.split(":")[0].strip() for line in str(raised.value).splitlines()[1:]] == [
        "format",
        "filters",
        "compute",
    ]


def test_all_mistakes_are_said_at_once_each_with_its_field(nowhere: Exports) -> None:
    given: dict[str, Any] = {"unknown": 1, "format": "xml"}
    for wrong, _ in MISTAKES[6:8]:
        given |= wrong
    given |= {"filters": ["logs: nothing = 1", "id <= abc"], "columns": ["nope"], "compute": ["x"], "totals": True}
    given |= {"compression_level": 99, "output": "ftp://x/", "max_invalid_ratio": 7, "batch_rows": -1}
    with pytest.raises(ConfigError) as raised:
        nowhere.request(**given)
    heading, *lines = str(raised.value).splitlines()
    assert heading == "the export cannot be made:"
    wrong_fields = {line.split(":")[0].strip() for line in lines}
    assert wrong_fields == set(given) - {"compression_level", "datasets"} | {"compression"}
    assert sum(line.startswith("  filters: ") for line in lines) == 2


def test_a_mistake_that_several_datasets_share_is_said_once(nowhere: Exports) -> None:
    with pytest.raises(ConfigError) as raised:
        nowhere.request(datasets=["logs", "ips"], max_invalid_ratio=7)
    assert len(str(raised.value).splitlines()) == 2


def test_a_dataset_that_is_switched_off_is_said(tmp_path: Path) -> None:
    settings = Settings.load(source_url=DEAD, root=str(tmp_path), datasets={"ips": {"enabled": False}})
    with pytest.raises(ConfigError, match="ips is switched off; switch it on in its settings"):
        Exports(settings).request(datasets=["ips"])


def test_quarantine_by_a_setting_has_no_place_beside_the_standard_output_either(tmp_path: Path) -> None:
    settings = Settings.load(source_url=DEAD, root=str(tmp_path), on_invalid="quarantine")
    with pytest.raises(ConfigError, match="on_invalid: the standard output has no place"):
        Exports(settings).request(datasets=["ips"], format="csv", output="-")
    assert Exports(settings).request(datasets=["ips"], format="csv", output="-", on_invalid="keep")


def test_a_folder_in_the_place_of_the_file_is_found_before_it_is_read(nowhere: Exports, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is a folder; write .*/ to put the file into it"):
        nowhere.request(datasets=["ips"], output=str(tmp_path))
    assert nowhere.request(datasets=["ips"], output=f"{tmp_path}/")
    assert nowhere.request(datasets=["ips", "logs"], output=str(tmp_path))


@pytest.mark.parametrize("given", [{}, {"preset": "ticket", "format": "csv"}, {"long_cells": "default"}])
def test_long_cells_that_nobody_chose_are_no_mistake(nowhere: Exports, given: dict[str, Any]) -> None:
    assert nowhere.request(datasets=["ips"], **given).fields.long_cells == "default"


def test_long_cells_of_a_workbook_are_an_error_unless_a_preset_says_more(nowhere: Exports) -> None:
    chosen = [nowhere.request(datasets=["ips"], **one).fields for one in ({"format": "xlsx"}, {"preset": "ticket"})]
    assert [one.long_cells for one in chosen] == ["error", "cut"]


def test_a_right_request_connects_to_nothing(nowhere: Exports) -> None:
    request = nowhere.request(datasets=["ips"], tables=["ops.alarms"], start="2026-11-20", end="2026-11-20")
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    assert request.window == Window(moment, moment)
    assert request.names == ("ips", "ops.alarms")
    assert not request.gives_one_file
    with pytest.raises(SourceUnavailableError):
        request.items(nowhere.settings.source, Origin())


@pytest.mark.parametrize(
    ("given", "is_one"),
    [({}, True), ({"split_rows": 5}, False), ({"split_bytes": 5}, False), ({"split_rows": 5, "zip": True}, True)],
)
def test_what_becomes_one_file_is_known(nowhere: Exports, given: dict[str, Any], is_one: bool) -> None:  # noqa: FBT001
    assert nowhere.request(datasets=["ips"], **given).gives_one_file == is_one


def test_the_mistakes_about_tables_are_said_at_once_too(exports: Exports) -> None:
    request = exports.request(
        tables=["ip_addresses", "devices"], time_column="first_seen", filters=["nothing = 1"], columns=["nope"]
    )
    with pytest.raises(ConfigError) as raised:
        request.items(exports.settings.source, Origin())
    said = str(raised.value)
    assert "tables: table devices: time_column 'first_seen' is not in it" in said
    assert "filters: ip_addresses: filter `nothing = 1`" in said
    assert "columns: ip_addresses has no column 'nope'" in said


def test_a_table_by_two_names_is_refused_as_its_files_would_replace_each_other(exports: Exports) -> None:
    with pytest.raises(ConfigError, match=r"tables: ip_addresses and public\.ip_addresses are the same; name it once"):
        exports.run(tables=["ip_addresses", "public.ip_addresses"])
    assert left_in(exports.root) == []


@pytest.mark.parametrize(
    ("given", "is_refused"),
    [
        ({"format": "json"}, True),
        ({"format": "json", "zip": True, "include_metadata": True}, True),
        ({"format": "json", "zip": True}, False),
        ({"format": "json", "split_rows": 5}, False),
        ({"format": "json", "output": "s3://bucket/out/"}, False),
        ({"format": "csv"}, False),
        ({"format": "xlsx"}, False),
    ],
)
def test_a_table_whose_file_has_the_name_of_another_ones_manifest_is_refused(
    exports: Exports, sql: RunSql, given: dict[str, Any], *, is_refused: bool
) -> None:
    sql(exports.url, "create schema logs")
    sql(exports.url, "create table logs.manifest (id bigint primary key)")
    request = exports.request(datasets=["logs"], tables=["logs.manifest"], **given)
    said = r"tables: logs and logs\.manifest would both write logs\.manifest\.json; export them one after the other"
    with pytest.raises(ConfigError, match=said) if is_refused else nullcontext():
        request.items(exports.settings.source, Origin())


def test_a_table_that_is_not_there_is_named(exports: Exports) -> None:
    with pytest.raises(SourceAccessError, match=r"ops\.alarms"):
        exports.run(tables=["ops.alarms"])


def test_a_span_of_time_is_refused_where_a_table_has_no_time(exports: Exports, sql: RunSql) -> None:
    with pytest.raises(ConfigError, match=r"start, end: table public\.devices has no time column"):
        exports.run(tables=["devices"], start="2026-11-20")
