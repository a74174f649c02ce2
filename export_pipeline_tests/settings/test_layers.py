"""Environment before .env before YAML before defaults; what is wrong is named as it is called where it is written."""

from pathlib import Path

import pytest
from dagster._core.secrets.env_file import get_env_var_dict

from export_pipeline.errors import ConfigError
from export_pipeline.settings import Settings

HARD = "p@ss:w/ord%#é 'x\"\\$HOME"


@pytest.fixture
def config(bare_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the path of the YAML file that EXPORT_CONFIG names."""
    monkeypatch.setenv("EXPORT_CONFIG", "config.yaml")
    return bare_environment / "config.yaml"


@pytest.fixture
def env_file(bare_environment: Path) -> Path:
    """Give the path of the `.env` of the working folder."""
    return bare_environment / ".env"


def refused() -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    assert caught.value.__context__ is None
    return str(caught.value)


def test_the_first_place_that_has_a_setting_decides(
    config: Path, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("zone: Asia/Tokyo\nbatch_rows: 1\nbatch_bytes: 10\nroot: /yaml\n", encoding="utf-8")
    env_file.write_text("EXPORT_BATCH_ROWS=2\nEXPORT_BATCH_BYTES=20\nEXPORT_ROOT=/env-file\n", encoding="utf-8")
    monkeypatch.setenv("EXPORT_BATCH_BYTES", "30")
    monkeypatch.setenv("EXPORT_ROOT", "/environment")
    settings = Settings.load(root="/argument")
    assert (settings.zone, settings.batch_rows, settings.batch_bytes) == ("Asia/Tokyo", 2, 30)
    assert (settings.root, settings.sensor_interval_s) == ("/argument", 300)


def test_settings_of_one_dataset_may_be_spread_over_all_places(
    config: Path, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("datasets: {logs: {table: a, on_invalid: fail}, ips: {enabled: no}}", encoding="utf-8")
    env_file.write_text("EXPORT_DATASETS__LOGS__BATCH_ROWS=5", encoding="utf-8")
    monkeypatch.setenv("EXPORT_DATASETS", '{"logs": {"table": "b", "column_map": {"message": "x"}}}')
    monkeypatch.setenv("EXPORT_DATASETS__LOGS__TABLE", "c")
    logs = Settings.load().datasets["logs"]
    assert (logs.table, logs.on_invalid, logs.batch_rows, logs.column_map) == ("c", "fail", 5, {"message": "x"})
    assert Settings.load().datasets["ips"].enabled is False


def test_an_empty_variable_undoes_what_a_file_says(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("source_host: db.example.com\nsource_database: operations", encoding="utf-8")
    for name in ("HOST", "DATABASE"):
        monkeypatch.setenv(f"EXPORT_SOURCE_{name}", "")
    monkeypatch.setenv("EXPORT_SOURCE_URL", "postgresql://other.example.com/db")
    assert str(Settings.load().source) == "other.example.com:5432/db as the default user"


def test_an_empty_variable_means_the_default_of_every_setting(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "root: s3://bucket\nbatch_rows: 5\ns3_path_style: true\nzone: Asia/Tokyo\ndatasets: {logs: {table: a}}\n"
    config.write_text(said, encoding="utf-8")
    for name in set(Settings.model_fields) - {"config", "env_file", "formats"}:
        monkeypatch.setenv(f"EXPORT_{name.upper()}", "")
    assert Settings.load() == Settings(config=config.relative_to(config.parent))


def test_an_empty_root_in_a_file_is_the_default_too(config: Path) -> None:
    config.write_text("root: ''\ndatasets: {logs: {enabled: '', column_map: ''}}\n", encoding="utf-8")
    assert Settings.load().root == ".export_pipeline/exports"


def test_a_mapping_does_not_hide_a_text_where_it_belongs(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("datasets: text\n", encoding="utf-8")
    monkeypatch.setenv("EXPORT_DATASETS__IPS__BATCH_ROWS", "5")
    assert refused().startswith(f"datasets in {config}: it is no mapping")
    monkeypatch.setenv("EXPORT_DATASETS", '{"logs":{"enabled":false},}')
    assert refused().splitlines()[0].startswith("EXPORT_DATASETS: it is no mapping")


def test_a_null_is_a_mistake_of_the_file_that_holds_it_and_is_said_once(config: Path) -> None:
    config.write_text("formats:\nroot: /x\ndatasets:\n  logs:\n", encoding="utf-8")
    said = refused().splitlines()
    assert sorted(line.partition(": ")[0] for line in said) == [f"datasets.logs in {config}", f"formats in {config}"]


def test_the_same_mistake_of_two_values_is_said_once(config: Path) -> None:
    config.write_text("formats: [1, 2]\n", encoding="utf-8")
    assert len(refused().splitlines()) == 1


def test_each_file_that_has_a_mistake_is_named_with_the_name_it_has_there(
    config: Path, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("batch_row: 5\ndatasets:\n  logs:\n    enabled: 3.5\n", encoding="utf-8")
    env_file.write_text("EXPORT_ZONE=Mars\nEXPORT_ZON=UTC\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("EXPORT_BATCH_BYTES", "0")
    said = refused().splitlines()
    wanted = [
        f"batch_row in {config} is not a setting; did you mean batch_rows?",
        f"EXPORT_ZON in {env_file} is not a setting; did you mean EXPORT_ZONE?",
        f"EXPORT_ZONE in {env_file}: Mars is no time zone of the IANA database; for example EXPORT_ZONE=Europe/Berlin",
    ]
    assert set(wanted) < set(said)
    assert any(line.startswith(f"datasets.logs.enabled in {config}: ") for line in said)
    assert any(line.startswith("EXPORT_BATCH_BYTES: ") for line in said)
    assert len(said) == 5


def test_a_contradiction_names_both_places(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("source_host: db.example.com", encoding="utf-8")
    monkeypatch.setenv("EXPORT_SOURCE_URL", "postgresql://db")
    assert refused().endswith(f"(source_host in {config})")


def test_the_file_may_be_named_in_env_but_not_in_itself(config: Path, env_file: Path) -> None:
    config.write_text("config: other.yaml\nenv_file: x\n", encoding="utf-8")
    env_file.write_text("EXPORT_ENV_FILE=x\n", encoding="utf-8")
    assert refused().splitlines() == [
        f"EXPORT_ENV_FILE in {env_file} is read too late; set EXPORT_ENV_FILE before it",
        f"env_file in {config} is read too late; set EXPORT_ENV_FILE before it",
        f"config in {config} is read too late; set EXPORT_CONFIG before it",
    ]


def test_env_may_name_the_yaml_file(env_file: Path, bare_environment: Path) -> None:
    env_file.write_text("EXPORT_CONFIG=c.yaml", encoding="utf-8")
    (bare_environment / "c.yaml").write_text("batch_rows: 3", encoding="utf-8")
    assert Settings.load().batch_rows == 3


def test_another_env_file_can_be_named_and_none(
    bare_environment: Path, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("EXPORT_BATCH_ROWS=2", encoding="utf-8")
    (bare_environment / "other").write_text("EXPORT_BATCH_ROWS=4", encoding="utf-8")
    for named, rows in (("other", 4), ("", 65_536)):
        monkeypatch.setenv("EXPORT_ENV_FILE", named)
        assert Settings.load().batch_rows == rows
    monkeypatch.setenv("EXPORT_ENV_FILE", "gone")
    assert refused() == f"{bare_environment / 'gone'} cannot be read: No such file or directory"


def test_a_folder_called_env_is_none_of_our_business(env_file: Path) -> None:
    env_file.mkdir()
    assert Settings.load().batch_rows == 65_536


def test_odd_characters_in_values_survive_both_files(config: Path, env_file: Path) -> None:
    quoted = HARD.replace("\\", "\\\\").replace('"', '\\"')
    env_file.write_text(f'export EXPORT_SOURCE_PASSWORD="{quoted}"\n', encoding="utf-8")
    config.write_text(f'source_user: "{quoted}"\n', encoding="utf-8")
    settings = Settings.load()
    assert settings.source_password
    assert settings.source_password.get_secret_value() == HARD
    assert settings.source_user == HARD


def test_env_means_what_dagster_makes_of_it(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "/srv")
    env_file.write_text("EXPORT_ROOT=${PLACE}/exports # a remark\nEXPORT_ZONE='Mars' # ${PLACE}\n", encoding="utf-8")
    for name, value in get_env_var_dict(str(env_file.parent)).items():
        monkeypatch.setenv(name, value)
    assert refused().startswith(f"EXPORT_ZONE in {env_file}: Mars")
    env_file.write_text("EXPORT_ROOT=${PLACE}/exports # a remark\n", encoding="utf-8")
    monkeypatch.delenv("EXPORT_ZONE")
    assert Settings.load().root == "/srv/exports"


@pytest.mark.parametrize("value", ['"never closed', "'s3cr3t' s3cr3t"])
def test_a_line_of_env_that_is_none_is_named_and_not_shown(value: str, env_file: Path) -> None:
    env_file.write_text(f"EXPORT_ROOT=/x\nEXPORT_SOURCE_PASSWORD={value}\n", encoding="utf-8")
    assert refused() == f"{env_file}, line 2: it is not NAME=value; put a value with odd characters into quotes"


def test_files_that_are_no_text_are_refused(config: Path, env_file: Path) -> None:
    config.write_bytes(b"zone: \xff")
    env_file.write_bytes(b"EXPORT_ZONE=\xff")
    assert refused().splitlines() == [
        f"{env_file} cannot be read: it is not UTF-8",
        f"EXPORT_CONFIG: {config} cannot be read: it is not UTF-8",
    ]


def test_a_file_that_is_gone_is_said_with_the_other_mistakes(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_ZONE", "Mars")
    assert refused().splitlines()[0] == f"EXPORT_CONFIG: {config} cannot be read: No such file or directory"
    assert "EXPORT_ZONE: Mars" in refused()
