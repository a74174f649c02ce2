import io
from pathlib import Path

import pytest

from export_pipeline.cli.export_config import read_config
from export_pipeline.errors import ConfigError


def test_without_a_file_there_is_no_field() -> None:
    assert read_config(None) == {}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("datasets: [logs]\nstart: 2026-11-20\n", {"datasets": ["logs"], "start": "2026-11-20"}),
        ("end: 2026-11-20T05:00:00Z", {"end": "2026-11-20T05:00:00+00:00"}),
        ('{"datasets": ["ips"], "split_rows": 5}', {"datasets": ["ips"], "split_rows": 5}),
        ("", {}),
        ("# nothing\n", {}),
        ("1: x", {"1": "x"}),
    ],
)
def test_yaml_and_json_give_the_fields(tmp_path: Path, text: str, fields: dict[str, object]) -> None:
    path = tmp_path / "request.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_config(path) == fields


def test_a_hyphen_is_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("datasets: [ips]"))
    assert read_config(Path("-")) == {"datasets": ["ips"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"- logs", "it must hold fields"),
        (b"logs", "it must hold fields"),
        (b"a: [", "it is no YAML"),
        (b"a: \xff", "it is no YAML"),
        (b"a: \0", "it is no YAML"),
        (b"start: 2026-02-30", "it is no YAML: day is out of range for month"),
        (b"a: !!python/object/apply:os.system ['true']", "it is no YAML"),
        (b"a: " + b"[" * 3_000, "its brackets stand too deep"),
    ],
)
def test_what_is_no_config_is_said_with_its_path(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "request.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as raised:
        read_config(path)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="Is a directory"):
        read_config(tmp_path)
