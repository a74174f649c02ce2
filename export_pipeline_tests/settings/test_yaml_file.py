"""A YAML file is one mapping, read as it is written; what is broken is said by line, and never quoted."""

from pathlib import Path

import pytest

from export_pipeline.settings.yaml_file import UnreadableYamlError, read_yaml

SECRET = "s3cr3t"


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_has_no_settings(content: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(content, encoding="utf-8")
    assert read_yaml(file) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"root: /x\nsource_password: @{SECRET}\n", ", line 2, column 18: it is no YAML here; put a value"),
        (f"source_password: *{SECRET}\n", ", line 1, column 18: it is no YAML here"),
        (f"source_password: !{SECRET} x\n", ", line 1, column 18: it is no YAML here"),
        (f'source_password: "{SECRET}\\w"\n', ", line 1, column "),
        (f"{SECRET}\nroot: x\n", ", line 2, column 5: it is no YAML here"),
        (f"root: /x\nzone: UTC\nroot: {SECRET}\n", ", line 3, column 1: the key is there twice"),
        (f"datasets:\n  logs: {{table: a, table: {SECRET}}}\n", ", line 2, column 20: the key is there twice"),
        (f"- {SECRET}\n", ": it is no mapping of settings; write `root: /srv/exports` and so on"),
        (f"5: {SECRET}\n", ": it is no mapping of settings"),
        (f"{SECRET}\n", ": it is no mapping of settings"),
        ("root: \x07\n", ": it is no YAML here"),
        (f"a: 1\n---\nb: {SECRET}\n", ", line 2, column 1: it is no YAML here"),
        (
            f"source_password: {SECRET}\nfirst_partition: 2026-02-30\n",
            ", line 2, column 18: the value is none of its kind",
        ),
        (f"!!map {SECRET}\n", ", line 1, column 1: it is no YAML here"),
        (f"source_password: !!int {SECRET}\n", ", line 1, column 18: the value is none of its kind"),
        (f"source_password: !!bool {SECRET}\n", ", line 1, column 18: the value is none of its kind"),
        (f"source_password: !!timestamp {SECRET}\n", ", line 1, column 18: the value is none of its kind"),
        ("[" * 5000, ": it is no YAML here"),
    ],
)
def test_what_cannot_be_read_is_said_by_line(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableYamlError) as caught:
        read_yaml(file)
    assert str(caught.value).startswith(f"{file}{said}")
    assert SECRET not in f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"


def test_merges_are_resolved_and_what_is_beside_them_decides(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("logs: &base {table: a, zone: b}\nips: {<<: *base, table: c}\n", encoding="utf-8")
    assert read_yaml(file)["ips"] == {"table": "c", "zone": "b"}
