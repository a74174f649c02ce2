"""All checks together: their order, what is left out after a failure, and mistakes in the settings."""

from pathlib import Path

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.preflight.finding import State, is_sound, ok
from export_pipeline.preflight.registry import preflight
from export_pipeline.settings import Settings
from export_pipeline_tests.preflight.looking import Reader, by_subject


def test_everything_is_looked_at_in_order(reader: Reader, tmp_path: Path) -> None:
    settings = Settings.load(source_url=reader.url, root=str(tmp_path))
    findings = list(preflight(lambda: settings, more=[("more", lambda _: iter([ok("more", "asked")]))]))
    assert is_sound(findings), findings
    groups = list(dict.fromkeys(finding.subject.partition(":")[0] for finding in findings))
    assert groups == ["settings", "source", "logs", "anomalies", "ips", "destination", "more"]
    assert list(tmp_path.iterdir()) == []


def test_one_dataset_can_be_chosen(reader: Reader, tmp_path: Path) -> None:
    settings = Settings.load(source_url=reader.url, root=str(tmp_path), datasets={"logs": {"enabled": False}})
    groups = {finding.subject.partition(":")[0] for finding in preflight(lambda: settings, ["ips"])}
    assert groups == {"settings", "source", "ips", "destination"}


def test_a_dataset_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="there is no dataset 'things'"):
        list(preflight(Settings.load, ["things"]))


def test_each_mistake_in_the_settings_is_a_finding_and_nothing_else_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXPORT_ZONE", "Mars/Olympus")
    monkeypatch.setenv("EXPORT_BATCH_ROW", "1")
    findings = list(preflight(Settings.load))
    mistakes = [finding for finding in findings if finding.state is State.FAILED]
    assert {finding.subject for finding in mistakes} == {"settings"}
    assert any("EXPORT_ZONE: Mars/Olympus" in finding.found for finding in mistakes)
    assert any(finding.next_step.startswith("did you mean EXPORT_BATCH_ROWS") for finding in mistakes)
    others = [finding for finding in findings if finding.subject != "settings"]
    assert {finding.found for finding in others} == {"not looked at: the settings are wrong"}


def test_without_a_source_the_destination_is_looked_at_all_the_same(tmp_path: Path) -> None:
    settings = Settings.load(source_url="postgresql://reader@127.0.0.1:1/x", root=str(tmp_path))
    found = by_subject(preflight(lambda: settings))
    assert found["source"].state is State.FAILED
    assert found["logs"].found == "not looked at: the source cannot be read"
    assert found["logs"].state is State.WARNING
    assert found["destination: space"].state is State.OK
