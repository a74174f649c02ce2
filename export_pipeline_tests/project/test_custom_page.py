"""docs/custom.md is true: its fields compute, its functions run as the settings beside them say."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.settings import Settings
from export_pipeline.transforms.compute import ComputeFields, parse_compute, problems
from export_pipeline.transforms.custom import CustomTransform
from export_pipeline.transforms.type_words import type_of

PAGE = (Path(__file__).parents[2] / "docs" / "custom.md").read_text(encoding="utf-8")


ROWS = pa.RecordBatch.from_pylist(
    [
        {"timestamp": datetime(2026, 11, 20, tzinfo=UTC)},
        {
            "timestamp": datetime(2026, 11, 20, tzinfo=UTC),
            "message": "Disk full",
            "push_attempts": 2,
            "mentioned_addresses": ["10.0.0.1"],
        },
    ],
    schema=DATASETS["logs"].published_schema,
)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = blocks("python")
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)


def test_the_pages_fields_can_be_computed() -> None:
    for block in blocks("sql"):
        fields = tuple(parse_compute(line) for line in block.splitlines())
        assert problems(fields, ROWS.schema) == []
        made = ComputeFields(fields).apply(ROWS)
        assert made.num_rows == 2
        assert made.schema.names[-len(fields) :] == [field.name for field in fields]


@pytest.mark.usefixtures("mine")
def test_the_pages_functions_run_as_it_sets_them() -> None:
    (example,) = blocks("yaml")
    logs = Settings.load(**yaml.safe_load(example)).dataset("logs")
    assert logs.published_schema.names[-3:] == ["words", "short", "bytes"]
    made = ROWS
    for transform in logs.transforms[-3:]:
        made = transform.apply(made)
    assert made.select(["words", "short", "bytes"]).to_pylist()[1] == {"words": 2, "short": "Disk full", "bytes": 9}
    assert [rule.name for column in logs.columns if column.name == "message" for rule in column.rules] == [
        "mine:not_too_long",
        "mine:no_password",
    ]


@pytest.mark.usefixtures("mine")
def test_the_pages_declaration_is_one() -> None:
    (said,) = re.findall(r"`(CustomTransform\(.*?\))`", PAGE)
    declared = eval(said, {"CustomTransform": CustomTransform})
    assert declared.output_schema(DATASETS["logs"].published_schema).names[-1] == "short"


def test_the_pages_words_for_types_are_known() -> None:
    (said,) = re.findall(r"The words for types: (.*?)\.\n", PAGE, re.DOTALL)
    for word in re.findall("`(.*?)`", said):
        assert type_of(word.replace("(p,s)", "(10,2)"))
