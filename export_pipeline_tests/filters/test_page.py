"""The examples of docs/filters.md keep the rows they say, and every operator has its line."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from export_pipeline.filters.condition import Operator
from export_pipeline.filters.evaluate import mask
from export_pipeline.filters.parse import MAX_DEPTH, parse_filter
from export_pipeline.filters.resolve import problems

PAGE: Final = Path(__file__).parents[2] / "docs" / "filters.md"
SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.int32()),
        pa.field("device", pa.string()),
        pa.field("severity", pa.int8()),
        pa.field("message", pa.string()),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("data", pa.string(), metadata={"json": "true"}),
    ]
)


def cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip("|\n").split(" |")]


def sample() -> pa.RecordBatch:
    lines = re.findall(r"^\| \d \|.*\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    rows = [dict(zip(SCHEMA.names, (cell or None for cell in cells(line)), strict=True)) for line in lines]
    typed = [
        {
            **row,
            "id": int(row["id"] or 0),
            "severity": row["severity"] and int(row["severity"]),
            "at": row["at"] and datetime.fromisoformat(row["at"]),
        }
        for row in rows
    ]
    return pa.RecordBatch.from_pylist(typed, schema=SCHEMA)


def test_the_examples_keep_the_rows_they_say() -> None:
    batch = sample()
    examples = re.findall(r"^\| `(.+)` \| ([\d, ]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert batch.num_rows == 4
    assert len(examples) == 15
    for text, expected in examples:
        chosen = parse_filter(text)
        assert problems(chosen, SCHEMA) == []
        assert batch.filter(mask(chosen, batch)).column("id").to_pylist() == [
            int(one) for one in expected.split(",")
        ], text


def test_the_page_names_every_operator_and_the_limit() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [operator for operator in Operator if operator not in page] == []
    assert f"up to {MAX_DEPTH} deep" in page


def test_what_the_page_writes_in_words_is_read() -> None:
    for text in (
        "syslog_severity <= 4 and (message ilike '%timeout%' or device_name is null)",
        '"my column" = 1',
        '"source".a = 1',
        "process_name != cron or process_name is null",
        "source.log_level = err",
    ):
        assert text in PAGE.read_text(encoding="utf-8")
        parse_filter(text)
