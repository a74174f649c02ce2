"""One zip archive of all files, with one quarantine beside it."""

import json
import zipfile

from export_pipeline_tests.on_demand.exporting import Exports, left_in

STRICT = {"on_invalid": "quarantine", "validation_level": "strict", "format": "csv", "zip": True}


def test_several_datasets_are_members_with_their_manifests_and_one_quarantine(exports: Exports) -> None:
    delivery = exports.run(datasets=["logs", "anomalies"], include_metadata=True, **STRICT)
    (file,) = delivery.files
    assert left_in(exports.folder(delivery)) == [
        "export.json",
        "export.manifest.json",
        "export.quarantine.jsonl",
        "export.zip",
    ]
    record = exports.record(delivery)
    with zipfile.ZipFile(exports.file(delivery)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["logs.csv", "anomalies.csv", "logs.manifest.json", "anomalies.manifest.json"]
        said = json.loads(archive.read("logs.manifest.json"))
    assert said["row_count"] == record["datasets"][0]["row_count"]
    whole = json.loads((exports.folder(delivery) / "export.manifest.json").read_text(encoding="utf-8"))
    assert whole["row_count"] == file.rows == sum(one["row_count"] for one in record["datasets"])
    assert whole["quarantined_count"] == sum(one["quarantined_count"] for one in record["datasets"]) > 0
    rejected = (exports.folder(delivery) / "export.quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    assert len([json.loads(line) for line in rejected]) == whole["quarantined_count"]


def test_one_dataset_names_the_archive_and_its_parts(exports: Exports) -> None:
    delivery = exports.run(datasets=["logs"], split_rows=900, **STRICT)
    assert delivery.files[0].name == "logs.zip"
    with zipfile.ZipFile(exports.file(delivery)) as archive:
        assert archive.namelist() == ["logs-00001.csv", "logs-00002.csv", "logs-00003.csv"]


def test_a_workbook_has_its_quarantine_beside_it(exports: Exports) -> None:
    delivery = exports.run(datasets=["logs"], **(STRICT | {"format": "xlsx", "zip": False}))
    assert left_in(exports.folder(delivery)) == [
        "export.json",
        "logs.manifest.json",
        "logs.quarantine.jsonl",
        "logs.xlsx",
    ]
