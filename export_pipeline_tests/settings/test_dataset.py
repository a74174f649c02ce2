"""One dataset otherwise than the others: each of its settings falls back to the one of all, or to its declaration."""

import json
from datetime import timedelta

import pytest

from export_pipeline.datasets.partitioning import Grain
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.extract.selection import SpecialTimes
from export_pipeline.schemas.policy import Level, OnInvalid
from export_pipeline.settings import DatasetSettings, Settings
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps

LOGS = "EXPORT_DATASETS__LOGS__"
OWN = "export_pipeline_tests.transforms.own_functions"


def set_all(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(LOGS + name, value)
    return Settings.load()


def test_it_is_read_from_the_table_and_columns_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = set_all(monkeypatch, TABLE="ops.entries", COLUMN_MAP='{"message": "msg"}', TIME_COLUMN="logged_at")
    logs = settings.dataset("logs")
    assert str(logs.table) == "ops.entries"
    assert logs.selection.placing_time.source_name == "logged_at"
    assert {column.name: column.source_name for column in logs.selection.columns}["message"] == "msg"
    assert logs.fingerprint != DATASETS["logs"].fingerprint
    assert settings.dataset("ips").fingerprint == DATASETS["ips"].fingerprint


def test_what_is_wrong_with_several_is_said_in_their_order() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load(datasets={name: {"column_map": {"nothing": "x"}} for name in [*DATASETS][::-1]})
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        f"EXPORT_DATASETS__{name.upper()}" for name in DATASETS
    ]


def test_it_can_be_switched_off_while_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = set_all(monkeypatch, ENABLED="false", TABLE="ops.entries")
    assert [dataset.name for dataset in settings.enabled_datasets] == ["anomalies", "ips"]


def test_its_naive_times_are_read_in_its_zone_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = set_all(monkeypatch, NAIVE_ZONE="Europe/Berlin").dataset("logs")
    assert logs.naive_zone == logs.selection.placing_time.zone == "Europe/Berlin"
    assert [one.zone for one in logs.transforms if isinstance(one, StandardizeTimestamps)] == ["Europe/Berlin"]


def test_its_policies_are_its_own_and_the_others_keep_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_ON_INVALID", "fail")
    settings = set_all(
        monkeypatch,
        PARTITION_GRAIN="hour",
        FORMATS="jsonl",
        BATCH_ROWS="7",
        BATCH_BYTES="700",
        VALIDATION_LEVEL="basic",
        ON_INVALID="quarantine",
        MAX_INVALID_RATIO="0.5",
        FRESH_LATE="3",
        FRESH_FAILED="5",
        SPECIAL_TIMES="null",
    )
    assert (settings.partitioning_of("logs").grain, settings.partitioning_of("ips").grain) == (Grain.HOUR, Grain.DAY)
    assert (settings.formats_of("logs"), settings.formats_of("ips")) == (("jsonl",), ("csv", "json"))
    assert [fmt.name for fmt in settings.published_of("logs").derived] == ["jsonl"]
    assert (settings.limits_of("logs").rows, settings.limits_of("logs").bytes) == (7, 700)
    assert settings.limits_of("ips").rows == 65_536
    own, other = settings.policy_of("logs"), settings.policy_of("ips")
    assert (own.level, own.on_invalid, own.max_invalid_ratio) == (Level.BASIC, OnInvalid.QUARANTINE, 0.5)
    assert (other.level, other.on_invalid) == (Level.STRICT, OnInvalid.FAIL)
    day = timedelta(days=1)
    assert settings.dataset("logs").freshness.windows(day) == (day * 3, day * 5)
    assert settings.dataset("logs").special_times is SpecialTimes.NULL


@pytest.mark.parametrize(("value", "formats"), [("", ()), ("json", ("json",))])
def test_no_formats_is_a_choice_too(value: str, formats: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert set_all(monkeypatch, FORMATS=value).formats_of("logs") == formats


def test_an_empty_variable_leaves_it_as_all_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_BATCH_ROWS", "5")
    settings = set_all(monkeypatch, BATCH_ROWS="", TABLE="")
    assert settings.limits_of("logs").rows == 5
    assert settings.dataset("logs").table == DATASETS["logs"].table


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("EXPORT_DATASETS__LOG__TABLE", "x", "there is no dataset log; there are logs, anomalies, ips"),
        (LOGS + "TABLES", "x", LOGS + "TABLES is not a setting; did you mean EXPORT_DATASETS__LOGS__TABLE?"),
        (LOGS + "ENABLED", "perhaps", LOGS + "ENABLED: "),
        (LOGS + "COLUMN_MAP", "[1]", LOGS + "COLUMN_MAP: it must be a mapping"),
        (LOGS + "COLUMN_MAP", "{not json", LOGS + "COLUMN_MAP: it must be a mapping: in a variable a JSON object"),
        (LOGS + "COLUMN_MAP", '{"message": ""}', "the name of message in the table is empty"),
        (LOGS + "COLUMN_MAP", '{"message": 5}', LOGS + "COLUMN_MAP: "),
        ("EXPORT_DATASETS", "{not json", "EXPORT_DATASETS: it must be a mapping"),
        (LOGS + "COLUMN_MAP", '{"time": "x"}', "EXPORT_DATASETS__LOGS: dataset logs: the column map names time"),
        (LOGS + "TABLE", "a.b.c", "a.b.c"),
        (LOGS + "FORMATS", "csv,xlsx", LOGS + "FORMATS: xlsx cannot be chosen; choose among csv"),
        (LOGS + "BATCH_ROWS", "0", LOGS + "BATCH_ROWS: "),
        (LOGS + "FRESH_LATE", "9", "freshness is late at 9.0 and failed at 2.25"),
        (LOGS + "NAIVE_ZONE", "Mars", "Mars is no time zone"),
        (LOGS + "SPECIAL_TIMES", "text", "EXPORT_DATASETS__LOGS: "),
        ("EXPORT_DATASETS__IPS__NAIVE_ZONE", "UTC", "dataset ips: its times carry a zone each; leave naive_zone out"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_names_for_the_time_column_are_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="time_column and column_map name 'timestamp' differently"):
        set_all(monkeypatch, TIME_COLUMN="a", COLUMN_MAP='{"timestamp": "b"}')


def test_functions_of_ones_own_become_transforms_and_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = set_all(
        monkeypatch,
        TRANSFORMS=f"{OWN}:clean, {OWN}:shout",
        CHECKS=f'{{"message": ["{OWN}:not_too_long", "{OWN}:is_lower"], "log_level": "{OWN}:is_lower"}}',
    )
    logs = settings.dataset("logs")
    assert [one.name for one in logs.transforms[-2:]] == ["custom_clean", "custom_shout"]
    assert logs.published_schema.names[-2:] == ["words", "shouted"]
    rules = {column.name: [rule.name for rule in column.rules] for column in logs.columns}
    assert rules["message"] == [f"{OWN}:not_too_long", f"{OWN}:is_lower"]
    assert rules["log_level"] == ["syslog level", f"{OWN}:is_lower"]


def test_every_mistake_in_functions_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError) as caught:
        set_all(monkeypatch, TRANSFORMS=f"no_such:f,{OWN}:of_int", CHECKS='{"massage": "x", "message": "no_such:g"}')
    said = str(caught.value)
    assert "\n" not in said
    for part in ("no_such:f: there is no module", "annotated int", "'x' is no function", "no_such:g", "name massage"):
        assert part in said, part


def test_every_setting_is_described_and_its_example_works() -> None:
    for name, field in DatasetSettings.model_fields.items():
        assert field.description, name
        (example,) = field.examples or [None]
        DatasetSettings.model_validate({name: json.loads(str(example)) if str(example).startswith("{") else example})


def test_what_all_share_has_the_same_limits_here() -> None:
    shared = DatasetSettings.model_fields.keys() & Settings.model_fields.keys()
    assert shared == {
        *("partition_grain", "formats", "batch_rows", "batch_bytes"),
        *("validation_level", "on_invalid", "max_invalid_ratio"),
    }
    for wrong in ({"batch_rows": 0}, {"batch_bytes": 0}, {"max_invalid_ratio": 2}, {"formats": "xlsx"}):
        for model in (DatasetSettings, Settings):
            with pytest.raises(ValueError, match="validation error"):
                model.model_validate(wrong)
