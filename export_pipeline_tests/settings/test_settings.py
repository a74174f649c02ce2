"""Every variable that is wrong is named with an example, and no secret is in any text made of settings."""

import json
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from export_pipeline.datasets.partitioning import Grain
from export_pipeline.errors import ConfigError
from export_pipeline.schemas.policy import Level, OnInvalid
from export_pipeline.settings import GROUPS, PREFIX, Settings

SECRET = "p@ss:w/ord%#é"

WRONG = {
    "ZONE": "Europe/Berln",
    "FIRST_PARTITION": "yesterday",
    "PARTITION_GRAIN": "week",
    "FORMATS": "csv,xlsx",
    "BATCH_ROWS": "0",
    "RETENTION_DAYS": "0",
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
    "SENSORS_ON": "perhaps",
    "STORAGE_URL": f"postgresql://dagster:{SECRET}@db.example.com/dagster",
    "DATASETS": "[]",
    "SOURCE_PORT": "70000",
    "SOURCE_TLS": "on",
    "S3_ENDPOINT_URL": "s3.example.com",
    "S3_PATH_STYLE": "perhaps",
    "S3_SSE": "AES128",
    "S3_PART_BYTES": "1048576",
    "S3_SPOOL_BYTES": "0",
}
JUDGED_BESIDE_OTHERS = {
    *("CONFIG", "ENV_FILE", "ROOT"),
    *(f"SOURCE_{name}" for name in ("URL", "HOST", "DATABASE", "USER", "PASSWORD", "PASSWORD_FILE")),
    *(f"SOURCE_TLS_{name}" for name in ("ROOT", "CERTIFICATE", "KEY")),
    *(f"S3_{name}" for name in ("REGION", "PROFILE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")),
    *("S3_SSE_KMS_KEY_ID", "S3_SPOOL_FOLDER"),
}


def test_every_variable_is_tried_with_a_wrong_value() -> None:
    assert {name.upper() for name in Settings.model_fields} == set(WRONG) | JUDGED_BESIDE_OTHERS


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_value_is_named_with_an_example(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    if name.startswith("S3_"):
        monkeypatch.setenv("EXPORT_ROOT", "s3://bucket")
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    said = str(caught.value)
    assert said.startswith(f"{PREFIX}{name}: ")
    assert f"; for example {PREFIX}{name}=" in said
    assert "\n" not in said
    assert SECRET not in said


def test_all_mistakes_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BATCH_ROWS", "ZONE"):
        monkeypatch.setenv(PREFIX + name, WRONG[name])
    with pytest.raises(ConfigError, match=r"(?m)^EXPORT_BATCH_ROWS.*\n^EXPORT_ZONE"):
        Settings.load()


@pytest.mark.parametrize("name", [*WRONG, *JUDGED_BESIDE_OTHERS])
def test_every_setting_is_described_and_its_example_works(name: str) -> None:
    field = Settings.model_fields[name.lower()]
    assert field.description
    (example,) = field.examples or [None]
    Settings.model_validate({name.lower(): json.loads(str(example)) if name == "DATASETS" else example})


def test_every_setting_but_those_of_datasets_is_in_one_group() -> None:
    grouped = [name for group in GROUPS for name in group.model_fields]
    assert sorted([*grouped, "datasets"]) == sorted(Settings.model_fields)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("EXPORT_BATCH_ROW", "did you mean EXPORT_BATCH_ROWS?"),
        ("EXPORT_DATASETS__LOGS__TABEL", "did you mean EXPORT_DATASETS__LOGS__TABLE?"),
        ("EXPORT_DATASET", "did you mean EXPORT_DATASETS?"),
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
    settings = Settings.load(
        source_url=f"postgresql://reader:{quote(SECRET, safe='')}@db.example.com",
        storage_url=f"postgresql+psycopg2://dagster:{quote(SECRET, safe='')}@db.example.com/dagster",
        root="s3://bucket",
        s3_access_key_id=SECRET,
        s3_secret_access_key=SECRET,
        s3_session_token=SECRET,
    )
    parts = Settings.load(source_host="db", source_password=SECRET)
    for held in (settings, settings.source, settings.s3_options, parts, parts.source):
        for shown in (repr(held), str(held), f"{held}"):
            assert SECRET not in shown
            assert quote(SECRET, safe="") not in shown
    assert SECRET not in settings.model_dump_json() + parts.model_dump_json()
    assert SECRET not in repr(settings.model_dump()) + repr(parts.model_dump())


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
        "FORMATS": "jsonl",
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
    assert (settings.limits_of("logs").rows, settings.limits_of("logs").bytes) == (10, 1000)
    policy = settings.policy_of("logs")
    assert (policy.level, policy.on_invalid, policy.max_invalid_ratio) == (
        Level.BASIC,
        OnInvalid.QUARANTINE,
        0.25,
    )
    cut = settings.partitioning_of("logs")
    assert (cut.first, cut.grain, cut.zone) == (date(2024, 5, 1), Grain.HOUR, "Asia/Tokyo")


@pytest.mark.parametrize(("value", "names"), [("csv, jsonl", ["csv", "jsonl"]), ("", []), ("json,", ["json"])])
def test_formats_are_a_list_with_commas(value: str, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_FORMATS", value)
    published = Settings.load().published_of("logs")
    assert published.primary.name == "parquet"
    assert [fmt.name for fmt in published.derived] == names


def test_the_root_is_a_folder_or_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.load(root="exports").root_url == str(tmp_path / "exports")
    assert Settings.load(root="file:///srv/exports").root_url == "file:///srv/exports"


def test_the_sensors_window_is_no_longer_than_the_calendar() -> None:
    with pytest.raises(ConfigError, match=r"EXPORT_SENSOR_WINDOW_DAYS: .*less than or equal to 36500"):
        Settings.load(sensor_window_days=36_501)
