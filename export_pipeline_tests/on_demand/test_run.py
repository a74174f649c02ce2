"""A request through the whole flow: what is published adds up with SQL, or nothing is left."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pytest

from export_pipeline import source_rows
from export_pipeline.errors import (
    ConfigError,
    CorruptFileError,
    DestinationError,
    ExportError,
    InvalidDataError,
    ReconciliationError,
    UnrepresentableValueError,
)
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.selection import Selection
from export_pipeline.extract.snapshot import Snapshot
from export_pipeline.on_demand.outlets import files as files_outlet
from export_pipeline.write.destinations import local
from export_pipeline.write.publish import publish
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.on_demand.exporting import Exports, left_in

if TYPE_CHECKING:
    from export_pipeline.progress import Progress

MATCHING = "log_level in (ERROR, CRITICAL) and message ilike '%e%'"


def counted(exports: Exports, sql: RunSql, table: str, where: str = "true") -> int:
    ((rows,),) = sql(exports.url, f"select count(*) from {table} where {where}")
    return int(rows)


def test_several_datasets_and_tables_go_into_one_folder_with_a_record_that_adds_up(
    exports: Exports, sql: RunSql
) -> None:
    delivery = exports.run(datasets=["logs", "ips"], tables=["public.devices"], format="csv", requested_by="ann")
    record, folder = exports.record(delivery), exports.folder(delivery)
    tables = {"logs": "log_entries", "ips": "ip_addresses", "public.devices": "devices"}
    for said, (dataset, table) in zip(record["datasets"], tables.items(), strict=True):
        assert said["dataset"] == dataset
        assert said["source_count"] == said["row_count"] == counted(exports, sql, table)
        assert said["filtered_count"] == said["quarantined_count"] == 0
        assert said["columns"]
        assert said["snapshot"]["system_identifier"]
    assert [file["name"] for file in record["files"]] == [f"{name}.csv" for name in tables]
    for file in record["files"]:
        assert pl.read_csv(folder / file["name"], infer_schema=False).height == file["rows"]
        manifest = json.loads((folder / f"{file['dataset']}.manifest.json").read_text(encoding="utf-8"))
        assert (manifest["sha256"], manifest["row_count"]) == (file["sha256"], file["rows"])
        assert (folder / file["name"]).stat().st_size == file["bytes"]
    assert record["export_id"] == delivery.export_id
    asked = {"datasets": ["logs", "ips"], "tables": ["public.devices"], "format": "csv", "requested_by": "ann"}
    assert asked.items() <= record["request"].items()
    assert len(left_in(folder)) == 2 * 3 + 1
    assert left_in(exports.root / "_staging") == []


def test_the_record_is_written_last(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    put = local.LocalDestination.put

    def look_and_put(destination: local.LocalDestination, path: Any, content: bytes) -> None:  # noqa: ANN401
        seen.append([name for name in left_in(exports.root) if name.endswith((".csv", ".json"))])
        put(destination, path, content)

    monkeypatch.setattr(local.LocalDestination, "put", look_and_put)
    exports.run(datasets=["logs", "ips"], format="csv")
    (before,) = seen
    assert [Path(name).name for name in before] == ["ips.csv", "ips.manifest.json", "logs.csv", "logs.manifest.json"]


@pytest.mark.parametrize("on_invalid", ["keep", "quarantine"])
def test_every_row_of_the_source_is_published_quarantined_or_filtered(
    exports: Exports, sql: RunSql, on_invalid: str
) -> None:
    delivery = exports.run(
        datasets=["logs"], filters=[MATCHING], format="jsonl", on_invalid=on_invalid, validation_level="strict"
    )
    (said,) = exports.record(delivery)["datasets"]
    assert said["source_count"] == said["row_count"] + said["quarantined_count"] + said["filtered_count"]
    assert said["filtered_count"] > 0
    rows = [json.loads(line) for line in exports.file(delivery).read_text(encoding="utf-8").splitlines()]
    assert len(rows) == said["row_count"]
    assert {row["log_level"] for row in rows} == {"ERROR", "CRITICAL"}
    if on_invalid == "keep":
        (levels,) = sql(
            exports.url,
            "select count(*) from log_entries where upper(log_level) in ('ERROR', 'ERR', 'CRITICAL', 'CRIT')"
            " and message ilike '%%e%%'",
        )
        assert said["row_count"] == levels[0]


def test_a_pushed_condition_is_counted_by_the_server(exports: Exports, sql: RunSql) -> None:
    delivery = exports.run(datasets=["logs"], filters=["device_id in (1, 2, 3)"])
    (said,) = exports.record(delivery)["datasets"]
    assert (said["source_count"], said["filtered_count"]) == (said["row_count"], 0)
    assert said["row_count"] == counted(exports, sql, "log_entries", "device_id in (1, 2, 3)")


def test_quarantined_rows_lie_beside_with_their_reasons(exports: Exports) -> None:
    delivery = exports.run(datasets=["logs"], on_invalid="quarantine", validation_level="strict", split_rows=700)
    (said,) = exports.record(delivery)["datasets"]
    quarantine = exports.folder(delivery) / "logs-00001.quarantine.jsonl"
    rows = [json.loads(line) for line in quarantine.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == said["quarantined_count"] == said["invalid_count"] > 0
    assert not list(exports.folder(delivery).glob("logs-00002.quarantine*"))


@pytest.mark.parametrize("fmt", ["parquet", "csv", "json", "jsonl"])
def test_a_file_gets_exactly_so_many_rows(exports: Exports, fmt: str) -> None:
    delivery = exports.run(datasets=["logs", "ips"], format=fmt, split_rows=600, batch_rows=250)
    assert [(file.name.split(".")[0], file.rows) for file in delivery.files] == [
        ("logs-00001", 600),
        ("logs-00002", 600),
        ("logs-00003", 600),
        ("logs-00004", 200),
        ("ips-00001", 60),
    ]
    record = exports.record(delivery)
    assert sum(file["rows"] for file in record["files"]) == sum(one["row_count"] for one in record["datasets"])


def test_a_file_gets_about_so_many_bytes(exports: Exports) -> None:
    delivery = exports.run(datasets=["logs"], format="csv", split_bytes=100_000, batch_rows=50)
    *full, last = delivery.files
    assert len(full) > 3
    assert all(100_000 <= file.bytes < 150_000 for file in full)
    assert last.bytes < 150_000
    assert delivery.rows == 2_000


def test_the_parts_together_are_the_file_that_is_not_split(exports: Exports) -> None:
    whole = exports.run(datasets=["logs"], format="csv")
    split = exports.run(datasets=["logs"], format="csv", split_rows=333, batch_rows=100)
    parts = [exports.file(split, number).read_bytes().partition(b"\n") for number in range(len(split.files))]
    header, _, rows = exports.file(whole).read_bytes().partition(b"\n")
    assert {part[0] for part in parts} == {header}
    assert b"".join(part[2] for part in parts) == rows


@pytest.mark.parametrize("given", [{}, {"split_rows": 10}, {"zip": True}, {"format": "xlsx"}])
def test_no_row_is_a_readable_file(exports: Exports, given: dict[str, Any]) -> None:
    delivery = exports.run(datasets=["ips"], start="2020-01-01", end="2020-01-01", **({"format": "csv"} | given))
    assert [file.rows for file in delivery.files] == [0]
    assert exports.file(delivery).exists()


def test_columns_computed_ones_and_scopes_shape_each_dataset(exports: Exports) -> None:
    delivery = exports.run(
        datasets=["logs", "ips"],
        format="jsonl",
        columns=["logs: message", "logs: loud", "ips: country"],
        compute=["logs: loud=upper(message)"],
        filters=["logs: id <= 5", "ips: country = 'DE'"],
    )
    logs, ips = (
        [json.loads(line) for line in exports.file(delivery, number).read_text(encoding="utf-8").splitlines()]
        for number in (0, 1)
    )
    assert [list(row) for row in logs] == [["message", "loud"]] * 5
    assert all(row["loud"] == row["message"].upper() for row in logs)
    assert all(row == {"country": "DE"} for row in ips)


def test_metadata_says_in_each_row_where_it_is_from(exports: Exports) -> None:
    delivery = exports.run(datasets=["ips"], format="jsonl", include_metadata=True)
    rows = [json.loads(line) for line in exports.file(delivery).read_text(encoding="utf-8").splitlines()]
    assert {row["_export_id"] for row in rows} == {delivery.export_id}
    assert {row["_source_table"] for row in rows} == {"ip_addresses"}


@pytest.mark.parametrize("preset", ["training", "audit", "ticket"])
def test_a_preset_is_exported(exports: Exports, preset: str) -> None:
    delivery = exports.run(datasets=["logs"], preset=preset)
    (file,) = delivery.files
    assert file.name in {"logs-00001.parquet", "logs.csv.gz", "logs.xlsx"}
    (said,) = exports.record(delivery)["datasets"]
    assert said["row_count"] + said["quarantined_count"] == 2_000
    assert (said["quarantined_count"] > 0) == (preset == "training")


def test_an_output_file_has_its_manifest_beside_and_no_record(exports: Exports, tmp_path: Path) -> None:
    delivery = exports.run(datasets=["ips"], format="csv", output=str(tmp_path / "out" / "a.txt"))
    assert left_in(tmp_path / "out") == ["a.txt", "a.txt.manifest.json"]
    assert delivery.files[0].name == "a.txt"
    assert not exports.root.exists()


def test_an_output_folder_gets_the_files_of_all(exports: Exports, tmp_path: Path) -> None:
    exports.run(datasets=["ips", "logs"], format="csv", output=str(tmp_path / "out"))
    assert left_in(tmp_path / "out") == ["ips.csv", "ips.csv.manifest.json", "logs.csv", "logs.csv.manifest.json"]


def test_parts_of_an_earlier_export_that_ours_has_not_are_gone_and_nothing_else(
    exports: Exports, tmp_path: Path
) -> None:
    out, split = tmp_path / "out", {"format": "csv", "output": str(tmp_path / "out")}
    exports.run(datasets=["logs", "ips"], split_rows=30, filters=["logs: id <= 120"], **split)
    (out / "logs-00007.csv").write_text("mine")
    exports.run(datasets=["logs"], split_rows=30, filters=["id <= 40"], **split)
    names = ["ips-00001", "ips-00002", "logs-00001", "logs-00002"]
    files = [name for stem in names for name in (f"{stem}.csv", f"{stem}.csv.manifest.json")]
    assert left_in(out) == [*files, "logs-00007.csv"]


def test_parts_that_another_dataset_has_are_kept(exports: Exports, tmp_path: Path) -> None:
    split = {"format": "csv", "output": str(tmp_path / "out"), "datasets": ["ips"]}
    exports.run(split_rows=20, **split)
    said = tmp_path / "out" / "ips-00002.csv.manifest.json"
    said.write_text(said.read_text(encoding="utf-8").replace('"dataset": "ips"', '"dataset": "logs"'))
    exports.run(split_rows=100, **split)
    assert [name for name in left_in(tmp_path / "out") if name.endswith(".csv")] == [
        "ips-00001.csv",
        "ips-00002.csv",
        "ips-00003.csv",
    ]


def test_a_bucket_gets_the_same(in_bucket: Exports, bucket: Bucket) -> None:
    delivery = in_bucket.run(datasets=["ips", "logs"], format="csv", split_rows=1_500)
    folder = f"team/exports/{delivery.export_id}"
    assert [key.removeprefix(f"{folder}/") for key in bucket.list_keys()] == [
        "export.json",
        "ips-00001.csv",
        "ips-00001.manifest.json",
        "logs-00001.csv",
        "logs-00001.manifest.json",
        "logs-00002.csv",
        "logs-00002.manifest.json",
    ]
    record = json.loads(bucket.read(f"{folder}/export.json"))
    assert sum(file["rows"] for file in record["files"]) == 2_060
    in_bucket.run(datasets=["ips"], output=f"{bucket.url}/mine/ips.parquet")
    assert bucket.list_keys("mine/") == ["mine/ips.parquet", "mine/ips.parquet.manifest.json"]
    for rows in (20, 60):
        in_bucket.run(datasets=["ips"], format="csv", split_rows=rows, output=f"{bucket.url}/parts/")
    assert bucket.list_keys("parts/") == ["parts/ips-00001.csv", "parts/ips-00001.csv.manifest.json"]
    assert bucket.open_uploads() == []


def test_progress_ends_with_all_rows(exports: Exports) -> None:
    seen: list[Progress] = []
    exports.watched(seen.append, datasets=["logs"], filters=[MATCHING], batch_rows=100)
    assert [progress.share for progress in seen][-1] == 1.0
    assert len(seen) > 10


def test_the_standard_output_needs_a_stream(exports: Exports) -> None:
    with pytest.raises(ConfigError, match="output: `-` is for the command line"):
        exports.run(datasets=["ips"], format="csv", output="-")


# What fails leaves nothing.

FAILING = {
    "unrepresentable": (UnrepresentableValueError, "update ip_addresses set last_seen = 'infinity'", {}),
    "invalid": (
        InvalidDataError,
        "update ip_addresses set risk_score = -1",
        {"on_invalid": "fail", "validation_level": "strict"},
    ),
    "drifted": (ExportError, "alter table ip_addresses drop column country", {}),
}
PLACES: dict[str, dict[str, Any]] = {
    "folder": {},
    "split": {"split_rows": 500},
    "zip": {"zip": True},
    "workbook": {"format": "xlsx"},
    "output": {"output": "{tmp}/new/out"},
    "output split": {"output": "{tmp}/new/out/", "split_rows": 500},
    "output zip": {"output": "{tmp}/new/out.zip", "zip": True},
}


def placed(place: str, tmp_path: Path) -> dict[str, Any]:
    given = {"format": "csv"} | PLACES[place]
    return {name: value.format(tmp=tmp_path) if isinstance(value, str) else value for name, value in given.items()}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("failing", FAILING)
def test_what_fails_in_the_second_dataset_leaves_nothing_of_the_first(
    exports: Exports, sql: RunSql, tmp_path: Path, failing: str, place: str
) -> None:
    kind, change, given = FAILING[failing]
    sql(exports.url, change)
    with pytest.raises(kind):
        exports.run(datasets=["anomalies", "ips"], **given, **placed(place, tmp_path))
    assert [name for name in left_in(tmp_path) if name != "root"] == []


@pytest.mark.parametrize("place", ["folder", "split", "zip"])
def test_what_fails_in_the_second_dataset_leaves_nothing_in_a_bucket(
    in_bucket: Exports, bucket: Bucket, sql: RunSql, tmp_path: Path, place: str
) -> None:
    sql(in_bucket.url, "update ip_addresses set last_seen = 'infinity'")
    with pytest.raises(UnrepresentableValueError):
        in_bucket.run(datasets=["anomalies", "ips"], **placed(place, tmp_path))
    assert (bucket.list_keys(), bucket.open_uploads()) == ([], [])


Reader = Callable[[Snapshot, Selection, BatchLimits], Iterator[pa.RecordBatch]]


def drop_second(snapshot: Snapshot, selection: Selection, limits: BatchLimits) -> Iterator[pa.RecordBatch]:
    yield from (batch for number, batch in enumerate(read_batches(snapshot, selection, limits)) if number != 1)


@pytest.mark.parametrize("place", PLACES)
def test_a_lost_batch_publishes_nothing(
    exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(source_rows, "read_batches", drop_second)
    with pytest.raises(ReconciliationError, match="the source's snapshot holds 2000 rows, but 1900 were written"):
        exports.run(datasets=["logs"], batch_rows=100, **placed(place, tmp_path))
    assert [name for name in left_in(tmp_path) if name != "root"] == []


@pytest.mark.parametrize("error", [CorruptFileError("damaged"), DestinationError("full"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["folder", "split", "output", "output split"])
@pytest.mark.parametrize("when", ["before", "behind"])
def test_what_fails_while_it_is_published_takes_back_what_was(
    exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException, when: str
) -> None:
    numbers = count(1)

    def publish_once(*arguments: Any) -> Any:  # noqa: ANN401 - as publish
        is_second = next(numbers) == 2
        if is_second and when == "before":
            raise error
        done = publish(*arguments)
        if is_second:
            raise error
        return done

    monkeypatch.setattr(files_outlet, "publish", publish_once)
    with pytest.raises(type(error)):
        exports.run(datasets=["logs", "ips"], **placed(place, tmp_path))
    assert [name for name in left_in(tmp_path) if name not in {"root", "root/exports"}] == []


def test_a_failed_export_leaves_other_files_of_the_folder_alone(
    exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    exports.run(datasets=["logs", "ips"], format="csv", output=str(out))
    (out / "mine.txt").write_text("mine")
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def refuse(*_: object) -> None:
        raise DestinationError("full")

    monkeypatch.setattr(files_outlet, "publish", refuse)
    with pytest.raises(DestinationError, match="full"):
        exports.run(datasets=["logs", "ips"], format="csv", output=str(out))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_record_that_cannot_be_written_takes_everything_back(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DestinationError("full")

    monkeypatch.setattr(local.LocalDestination, "put", refuse)
    with pytest.raises(DestinationError, match="full"):
        exports.run(datasets=["ips"])
    assert left_in(exports.root) == ["exports"]


def test_where_the_storage_refuses_even_that_the_first_error_is_said(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DestinationError("full")

    def refuse_to_remove(*_: object) -> None:
        raise DestinationError("read-only")

    monkeypatch.setattr(local.LocalDestination, "put", refuse)
    monkeypatch.setattr(local.LocalDestination, "remove_folder", refuse_to_remove)
    with pytest.raises(DestinationError, match="full"):
        exports.run(datasets=["ips"])
    assert not list(exports.root.rglob("export.json"))
