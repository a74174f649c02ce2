from pathlib import PurePosixPath

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target, export_folder, export_record, manifest_folder, run_staging, safe_name

PARQUET, CSV = FORMATS["parquet"], FORMATS["csv"]


def test_a_partition_lies_where_hive_readers_look_and_nothing_else_does() -> None:
    target = Target.of_partition("logs", PARQUET, "date=2026-11-20")
    assert target.data == PurePosixPath("logs/parquet/date=2026-11-20/data.parquet")
    assert target.manifest == PurePosixPath("_manifests/logs/parquet/date=2026-11-20.json")
    assert target.lock == PurePosixPath("_manifests/logs/parquet/date=2026-11-20.lock")
    assert target.quarantine == PurePosixPath("_quarantine/logs/date=2026-11-20.jsonl")
    assert (target.dataset, target.format_name, target.partition) == ("logs", "parquet", "date=2026-11-20")


def test_an_hourly_partition_of_a_derived_format_has_no_quarantine() -> None:
    target = Target.of_partition("logs", CSV, "hour=2026-11-20T05")
    assert target.data == PurePosixPath("logs/csv/hour=2026-11-20T05/data.csv")
    assert target.quarantine is None


def test_a_one_off_export_has_a_folder_of_its_own_and_no_lock() -> None:
    target = Target.of_export("3f2a", "logs", CSV)
    assert target.data == PurePosixPath("exports/3f2a/logs.csv")
    assert target.manifest == PurePosixPath("exports/3f2a/logs.manifest.json")
    assert target.quarantine == PurePosixPath("exports/3f2a/logs.quarantine.jsonl")
    assert (target.lock, target.partition) == (None, None)
    assert target.data.parent == export_folder("3f2a")
    assert export_record("3f2a") == PurePosixPath("exports/3f2a/export.json")


def test_a_named_file_has_its_manifest_beside_it_and_its_lock_where_unfinished_files_are() -> None:
    target = Target.of_file("my logs.csv", "logs", CSV)
    assert target.data == PurePosixPath("my logs.csv")
    assert target.manifest == PurePosixPath("my logs.csv.manifest.json")
    assert target.lock == PurePosixPath("_staging/my logs.csv.lock")


BAD_NAMES = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/x",
    "_manifests",
    ".hidden",
    "a b",
    "a\0b",
    "a\n",
    "é",
    "x" * 101,
    "a\\b",
]


@pytest.mark.parametrize("name", [*BAD_NAMES, "exports"])
def test_a_dataset_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(ConfigError, match="dataset"):
        Target.of_partition(name, PARQUET, "date=2026-11-20")


@pytest.mark.parametrize("partition", [*BAD_NAMES, "2026-11-20", "date=", "date=..", "date=a/b", "=x", "date=-"])
def test_a_partition_cannot_lead_elsewhere(partition: str) -> None:
    with pytest.raises(ConfigError, match="partition"):
        Target.of_partition("logs", PARQUET, partition)


@pytest.mark.parametrize("run_id", [*BAD_NAMES, "a.b"])
def test_a_run_or_export_id_cannot_lead_elsewhere(run_id: str) -> None:
    with pytest.raises(ConfigError, match="run id"):
        run_staging(run_id)
    with pytest.raises(ConfigError, match="export id"):
        Target.of_export(run_id, "logs", CSV)
    with pytest.raises(ConfigError, match="export id"):
        export_folder(run_id)


@pytest.mark.parametrize("dataset", BAD_NAMES)
def test_one_off_exports_check_the_dataset_too(dataset: str) -> None:
    with pytest.raises(ConfigError, match="dataset"):
        Target.of_export("3f2a", dataset, CSV)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_named_file_is_a_plain_name(name: str) -> None:
    with pytest.raises(ConfigError, match="file name"):
        Target.of_file(name, "logs", CSV)


def test_staging_and_manifests_have_folders_readers_do_not_glob() -> None:
    assert run_staging("run-1") == PurePosixPath("_staging/run-1")
    assert manifest_folder("logs", CSV) == PurePosixPath("_manifests/logs/csv")


def test_a_plain_dotted_name_stays_as_it_is() -> None:
    assert safe_name("ops", "log_entries") == "ops.log_entries"


def test_names_of_any_characters_become_names_of_their_own() -> None:
    odd = [
        ("a.b", "c"),
        ("a", "b.c"),
        ("ops", "a b"),
        ("ops", "a_b"),
        ("🙂", "🙂🙂"),
        ("x" * 63, "y" * 63),
        ("..", "/"),
    ]
    names = [safe_name(*parts) for parts in odd]
    assert len(set(names)) == len(odd)
    for name in names:
        assert Target.of_export("3f2a", name, CSV).dataset == name
