"""A home's files: made where they can be, remembered, and joined by one environment."""

import os
from datetime import date
from pathlib import Path

import pytest

from export_pipeline.cli.home import Home, SampleRecord, open_home, running_server
from export_pipeline.errors import ConfigError
from export_pipeline.settings import Settings
from export_pipeline_tests.cli.terminal import kept_state
from export_pipeline_tests.conftest import RunSql

SAMPLE = SampleRecord(1000, 3, 7, date(2026, 11, 20))
PROJECT_YAML = Path(__file__).parents[2] / "dagster.yaml"


def test_a_home_is_made_with_the_projects_dagster_yaml(tmp_path: Path) -> None:
    home = open_home(tmp_path / "new" / "home")
    assert (home.dagster / "dagster.yaml").read_text(encoding="utf-8") == PROJECT_YAML.read_text(encoding="utf-8")
    assert home.exports.is_dir()
    assert not home.has_server()


def test_a_home_that_cannot_be_is_said_with_the_option_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(ConfigError, match="Not a directory; choose a folder you can write to with --home"):
        open_home(tmp_path / "file" / "home")


def test_which_sample_it_holds_is_remembered(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    assert home.read_sample() is None
    home.write_sample(SAMPLE)
    assert Home(tmp_path).read_sample() == SAMPLE
    assert SAMPLE.first_day == date(2026, 11, 18)


def test_its_server_has_both_databases_and_the_environment_names_them(
    fresh_home: Path, tmp_path: Path, sql: RunSql, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_home(fresh_home)
    home.write_sample(SAMPLE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("EXPORT_SOURCE_HOST=db.example.com\nEXPORT_ZONE=Asia/Tokyo\n", encoding="utf-8")
    elsewhere = {"EXPORT_SOURCE_USER": "reader", "EXPORT_SOURCE_TLS": "require", "EXPORT_S3_REGION": "eu-central-1"}
    with kept_state(elsewhere), running_server(home) as server:
        assert home.has_server()
        assert sql(os.environ["EXPORT_SOURCE_URL"], "select current_database()") == [("source",)]
        assert sql(server.url("dagster"), "select 1") == [(1,)]
        assert os.environ["EXPORT_STORAGE_URL"].startswith("postgresql+psycopg2://")
        assert os.environ["EXPORT_FIRST_PARTITION"] == "2026-11-18"
        assert os.environ["DAGSTER_HOME"] == str(home.dagster)
        assert os.environ["EXPORT_ROOT"] == str(home.exports)
        settings = Settings.load()
        assert (settings.source.conninfo, settings.zone) == (server.url("source"), "UTC")
