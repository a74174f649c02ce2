import json
from dataclasses import fields, replace

import pytest

from export_pipeline.errors import CorruptFileError, ReconciliationError
from export_pipeline.write.formats.format import WrittenFile
from export_pipeline.write.manifest import Manifest, QuarantineFile
from export_pipeline_tests.write.samples import manifest_of

MANIFEST = manifest_of(WrittenFile(3, 1_000, "a" * 64))


@pytest.mark.parametrize(
    "manifest",
    [
        MANIFEST,
        replace(MANIFEST, partition=None, newest=None, quality=None, source_export_id="run-0"),
        replace(MANIFEST, quarantine=QuarantineFile("q.jsonl", "b" * 64, 5), quarantined_count=2, source_count=5),
    ],
)
def test_a_manifest_survives_json(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json(), "x.json") == manifest


def test_times_are_utc_iso_and_the_version_is_said() -> None:
    found = json.loads(MANIFEST.to_json())
    assert found["manifest_version"] == 1
    assert (found["started_at"], found["finished_at"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:00:02Z")
    assert found["snapshot"]["system_identifier"] == "7301234567890123456"
    assert found["arrow_schema"][0] == {
        "name": "id",
        "type": "int64",
        "nullable": True,
        "json": False,
        "description": "The key.",
    }


OF_ONE_OFF_EXPORTS = {"filtered_count": 0, "contents": ()}


def test_what_only_one_off_exports_have_may_be_missing() -> None:
    content = {name: value for name, value in json.loads(MANIFEST.to_json()).items() if name not in OF_ONE_OFF_EXPORTS}
    found = Manifest.from_json(json.dumps(content), "x.json")
    assert {name: getattr(found, name) for name in OF_ONE_OFF_EXPORTS} == OF_ONE_OFF_EXPORTS


@pytest.mark.parametrize("name", [field.name for field in fields(Manifest) if field.name not in OF_ONE_OFF_EXPORTS])
def test_every_other_field_is_required(name: str) -> None:
    content = json.loads(MANIFEST.to_json())
    del content[name]
    with pytest.raises(CorruptFileError, match=rf"x\.json.*{name}"):
        Manifest.from_json(json.dumps(content), "x.json")


@pytest.mark.parametrize(
    "change",
    [
        {"manifest_version": 2},
        {"row_count": "3"},
        {"row_count": 4},
        {"surprise": 1},
        {"snapshot": {"xmin": 1}},
        {"started_at": "yesterday"},
    ],
)
def test_another_version_an_edit_or_a_wrong_type_is_refused(change: dict[str, object]) -> None:
    content = json.loads(MANIFEST.to_json()) | change
    with pytest.raises(CorruptFileError, match=r"x\.json.*export the partition again"):
        Manifest.from_json(json.dumps(content), "x.json")


@pytest.mark.parametrize("text", ["", "[]", "null", "{", MANIFEST.to_json()[:-40], b"\xff\xfe"])
def test_a_torn_manifest_is_refused(text: str | bytes) -> None:
    with pytest.raises(CorruptFileError, match=r"x\.json"):
        Manifest.from_json(text, "x.json")


@pytest.mark.parametrize("change", [{"source_count": 4}, {"row_count": 2}, {"quarantined_count": 1}])
def test_a_lost_or_doubled_row_cannot_be_described(change: dict[str, int]) -> None:
    with pytest.raises(ReconciliationError, match=r"logs date=2026-11-20.* rows"):
        replace(MANIFEST, **change)  # type: ignore[arg-type] # every change is of an int
