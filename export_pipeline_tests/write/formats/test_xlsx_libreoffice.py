"""What a real spreadsheet program makes of a workbook: LibreOffice, whose sheets are compared as CSV."""

import csv
import re
import subprocess
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from export_pipeline.write.formats.xlsx_options import SheetOptions
from export_pipeline.write.hints import published_field
from export_pipeline_tests.write.formats.workbooks import write_workbook

pytestmark = pytest.mark.system

AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,true,false,false,-1"
"""Commas, quotes around all text, UTF-8, cells as they are shown, every sheet."""

TEXTS = ["=1+1", "+1", "-1", "@a", "\ta", "http://a.b", "007", "1e5", "_x0041_x0042_", "a\x1bb", "<r>b</r>", "", "é😀"]
SCHEMA = pa.schema(
    [
        published_field("text", pa.string(), ""),
        published_field("id", pa.int64(), ""),
        published_field("big", pa.int64(), ""),
        published_field("paid", pa.decimal128(12, 2), "", currency="EUR"),
        published_field("share", pa.float64(), ""),
        published_field("day", pa.date32(), ""),
        published_field("moment", pa.timestamp("us", "UTC"), ""),
        published_field("naive", pa.timestamp("us"), ""),
        published_field("flag", pa.bool_(), ""),
    ]
)
MOMENT = datetime(2026, 11, 20, 23, 59, 59, 999_000, tzinfo=UTC)


def batch() -> pa.RecordBatch:
    count = len(TEXTS)
    values = [
        TEXTS,
        range(count),
        [2**60] * count,
        [Decimal("1234.50")] * count,
        [0.25] * count,
        [date(1900, 3, 1)] * count,
        [MOMENT] * count,
        [MOMENT.replace(tzinfo=None, microsecond=1)] * count,
        [True] * count,
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(values, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def shown(path: Path, folder: Path) -> dict[str, list[list[str]]]:
    """Return what LibreOffice shows, by sheet."""
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", AS_SHOWN]
    subprocess.run([*command, "--outdir", folder, path], check=True, capture_output=True, timeout=120)
    sheets = {}
    for file in folder.glob(f"{path.stem}-*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            sheets[file.stem.removeprefix(f"{path.stem}-")] = list(csv.reader(lines))
    return sheets


def without_results(path: Path) -> None:
    """Drop the results beside the formulas, so that whoever opens the file has to compute them."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, re.sub(rb"</f><v>[^<]*</v>", b"</f>", content))


def test_libreoffice_shows_the_values_and_computes_the_totals(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(path, {"logs": batch(), "it's": batch()}, SheetOptions(totals=True), summary=[["rows", 13]])
    without_results(path)
    sheets = shown(path, tmp_path)
    assert sorted(sheets) == ["it's", "logs", "summary"]
    header, *rows, total = sheets["logs"]
    assert header == SCHEMA.names
    assert [row[0] for row in rows] == TEXTS
    assert {tuple(row[2:]) for row in rows} == {
        (
            str(2**60),
            "EUR 1,234.50",
            "0.25",
            "1900-03-01",
            "2026-11-20 23:59:59.999Z",
            "2026-11-20 23:59:59.000001",
            "TRUE",
        )
    }
    assert total[:5] == ["Total", str(sum(range(13))), "no total: 13 as text", "EUR 16,048.50", "3.25"]
    assert sheets["it's"] == sheets["logs"]
    assert sheets["summary"] == [["rows", "13"]]
