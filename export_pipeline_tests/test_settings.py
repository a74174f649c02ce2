"""The environment: every variable that is wrong is named with an example, and no secret is ever shown."""

import os
from datetime import date
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from export_pipeline.datasets.partitioning import Grain
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.schemas.policy import Level, OnInvalid
from export_pipeline.settings import PREFIX, DatasetSettings, Settings

SECRET = "p@ss:w/ord%#é"
SOURCE = f"postgresql://reader:{SECRET}@db.example.com:5432/operations"

WRONG = {
    "ZONE": "Europe/Berln",
    "FIRST_PARTITION": "yesterday",
    "PARTITION_GRAIN": "week",
    "FORMATS": "csv,xlsx",
    "BATCH_ROWS": "0",
    "BATCH_BYTES": "many",
    "VALIDATION_LEVEL": "lax",
    "ON_INVALID": "ignore",
    "MAX_INVALID_RATIO": "1.5",
    "CONNECT_TIMEOUT_S": "-1",
    "LOCK_TIMEOUT_S": "-0.1",
    "STATEMENT_TIMEOUT_S": "an hour",
    "IDLE_IN_TRANSACTION_TIMEOUT_S": "-5",
    "NETWORK_SILENCE_S": "1.5",
    "MAX_PARTITIONS_PER_RUN": "0",
    "SENSOR_INTERVAL_S": "5",
    "SENSOR_WINDOW_DAYS": "0",
    "OPEN_PARTITION_DEBOUNCE_S": "-1",
    "SENSOR_MAX_REQUESTS": "-3",
    "STORAGE_URL": f"postgresql://dagster:{SECRET}@db.example.com/dagster",
}
NEVER_WRONG_BY_ITSELF = {"SOURCE_URL", "ROOT", "DATASETS"}  # judged where they are used, or below


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def test_every_variable_is_tried_with_a_wrong_value() -> None:
    assert {name.upper() for name in Settings.model_fields} == set(WRONG) | NEVER_WRONG_BY_ITSELF


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_value_is_named_with_an_example(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    said = str(caught.value)
    assert said.startswith(f"{PREFIX}{name}: ")
    assert f"; for example {PREFIX}{name}=" in said
    assert SECRET not in said


def test_all_mistakes_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BATCH_ROWS", "ZONE"):
        monkeypatch.setenv(PREFIX + name, WRONG[name])
    with pytest.raises(ConfigError, match=r"EXPORT_ZONE.*; EXPORT_BATCH_ROWS"):
        Settings.load()


@pytest.mark.parametrize("name", [*WRONG, *NEVER_WRONG_BY_ITSELF])
def test_every_setting_is_described_and_its_example_works(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field = Settings.model_fields[name.lower()]
    assert field.description
    assert field.default is not PydanticUndefined or field.default_factory is not None
    variable, _, value = str(field.examples[0] if field.examples else "").rpartition("=")
    monkeypatch.setenv(variable or PREFIX + name, value)
    Settings.load()


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("EXPORT_BATCH_ROW", "did you mean EXPORT_BATCH_ROWS?"),
        ("EXPORT_DATASET__LOGS__TABLE", "did you mean EXPORT_DATASETS?"),
        ("EXPORT_XYZZY", "docs/configuration.md lists those there are"),
    ],
)
def test_a_variable_that_is_no_setting_is_refused(wrong: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(wrong, "1")
    with pytest.raises(ConfigError, match=f"environment variable {wrong} is not a setting") as caught:
        Settings.load()
    assert hint in str(caught.value)


def test_variables_of_other_programs_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORTS_ROOT", "x")
    assert Settings.load().root == ".export_pipeline/exports"


def test_no_secret_is_in_any_form_of_the_settings() -> None:
    storage = f"postgresql+psycopg2://dagster:{SECRET}@db.example.com/dagster"
    settings = Settings.load(source_url=SOURCE, storage_url=storage)
    for shown in (repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()):
        assert SECRET not in shown
        assert "ss:w" not in shown


def test_a_source_that_cannot_be_parsed_is_refused_without_being_shown() -> None:
    settings = Settings.load(source_url=f"postgresql://reader:{SECRET}@[db/operations")
    with pytest.raises(ConfigError, match="EXPORT_SOURCE_URL is not a PostgreSQL connection string") as caught:
        _ = settings.source
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.__cause__)


def test_a_missing_source_is_said_when_it_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"EXPORT_SOURCE_URL is not set; for example EXPORT_SOURCE_URL=postgresql://"):
        _ = Settings.load().source


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "sqlite"])
def test_storage_must_name_the_driver_that_dagster_works_with(scheme: str) -> None:
    with pytest.raises(ConfigError, match=r"it must begin with postgresql\+psycopg2://"):
        Settings.load(storage_url=f"{scheme}://dagster:secret@db/dagster")


def test_timeouts_reach_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("CONNECT", "LOCK", "STATEMENT", "IDLE_IN_TRANSACTION")
    for seconds, name in enumerate(names, start=1):
        monkeypatch.setenv(f"EXPORT_{name}_TIMEOUT_S", str(seconds))
    monkeypatch.setenv("EXPORT_NETWORK_SILENCE_S", "5")
    waits = Settings.load(source_url="postgresql://reader@db/operations").source.timeouts
    assert (waits.connect_s, waits.lock_s, waits.statement_s, waits.idle_in_transaction_s) == (1, 2, 3, 4)
    assert waits.network_silence_s == 5


def test_what_is_set_is_what_the_exports_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "BATCH_ROWS": "10",
        "BATCH_BYTES": "1000",
        "VALIDATION_LEVEL": "basic",
        "ON_INVALID": "quarantine",
        "MAX_INVALID_RATIO": "0.25",
        "FIRST_PARTITION": "2024-05-01",
        "PARTITION_GRAIN": "hour",
        "ZONE": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(PREFIX + name, value)
    settings = Settings.load()
    assert (settings.limits.rows, settings.limits.bytes) == (10, 1000)
    policy = settings.policy
    assert (policy.level, policy.on_invalid, policy.max_invalid_ratio) == (
        Level.BASIC,
        OnInvalid.QUARANTINE,
        0.25,
    )
    cut = settings.partitioning
    assert (cut.first, cut.grain, cut.zone) == (date(2024, 5, 1), Grain.HOUR, "Asia/Tokyo")


@pytest.mark.parametrize(("value", "names"), [("csv, jsonl", ["csv", "jsonl"]), ("", []), ("json,", ["json"])])
def test_formats_are_a_list_with_commas(value: str, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_FORMATS", value)
    published = Settings.load().published
    assert published.primary.name == "parquet"
    assert [fmt.name for fmt in published.derived] == names


def test_the_root_is_a_folder_or_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.load(root="exports").root_url == str(tmp_path / "exports")
    assert Settings.load(root="file:///srv/exports").root_url == "file:///srv/exports"


def test_a_dataset_is_read_from_the_table_and_columns_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_DATASETS__LOGS__TABLE", "ops.entries")
    monkeypatch.setenv("EXPORT_DATASETS__LOGS__COLUMN_MAP", '{"timestamp": "logged_at"}')
    settings = Settings.load()
    logs = settings.dataset("logs")
    assert str(logs.table) == "ops.entries"
    assert logs.selection.time.source_name == "logged_at"
    assert logs.fingerprint != DATASETS["logs"].fingerprint
    assert settings.dataset("ips").fingerprint == DATASETS["ips"].fingerprint


def test_a_dataset_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_DATASETS__IPS__ENABLED", "false")
    assert [dataset.name for dataset in Settings.load().enabled_datasets] == ["logs", "anomalies"]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("EXPORT_DATASETS__LOG__TABLE", "x", "there is no dataset log; there are logs, anomalies, ips"),
        ("EXPORT_DATASETS__LOGS__TABEL", "x", "EXPORT_DATASETS__LOGS__TABEL"),
        ("EXPORT_DATASETS__LOGS__ENABLED", "perhaps", "EXPORT_DATASETS__LOGS__ENABLED"),
        ("EXPORT_DATASETS__LOGS__COLUMN_MAP", "[1]", "EXPORT_DATASETS__LOGS__COLUMN_MAP"),
        ("EXPORT_DATASETS__LOGS__COLUMN_MAP", "{not json", "EXPORT_DATASETS"),
        ("EXPORT_DATASETS", "{not json", "EXPORT_DATASETS"),
        ("EXPORT_DATASETS__LOGS__COLUMN_MAP", '{"time": "x"}', "the column map names time"),
        ("EXPORT_DATASETS__LOGS__TABLE", "a.b.c", "a.b.c"),
    ],
)
def test_a_wrong_setting_of_a_dataset_is_said_before_anything_runs(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        _ = Settings.load().enabled_datasets
    assert said in str(caught.value)


def test_the_settings_of_a_dataset_are_described() -> None:
    assert all(field.description and field.examples for field in DatasetSettings.model_fields.values())
