"""Files of derived formats: there, and byte for byte as published."""

from collections.abc import Collection
from pathlib import Path

import pytest

from export_pipeline.datasets.checks import Check
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.inspection.derived import DERIVED_CHECKS, inspect_derived
from export_pipeline.inspection.inspection import Findings, Inspection
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.flows.running import DAY, DAYS, PARTITIONING, Exporter

DERIVED = [name for name, fmt in FORMATS.items() if name != "parquet" and not fmt.is_one_off]


@pytest.fixture
def exporter(source_url: str, tmp_path: Path) -> Exporter:
    """Give what exported one day in every format."""
    exporter = Exporter(source_url, tmp_path)
    exporter.run()
    for name in DERIVED:
        exporter.derive(name)
    return exporter


@pytest.mark.parametrize("fmt", DERIVED)
def test_what_was_just_derived_passes(exporter: Exporter, fmt: str) -> None:
    assert failing(exporter, fmt) == {}


@pytest.mark.parametrize("fmt", DERIVED)
def test_one_altered_byte_breaks_the_checksum(exporter: Exporter, fmt: str) -> None:
    content = bytearray(exporter.file(DAY, fmt).read_bytes())
    content[-2] ^= 1
    exporter.file(DAY, fmt).write_bytes(content)
    assert set(failing(exporter, fmt)) == {Check.CHECKSUM}


def test_a_missing_file_breaks_the_checksum(exporter: Exporter) -> None:
    exporter.file(DAY, "csv").unlink()
    assert "data.csv" in failing(exporter, "csv")[Check.CHECKSUM]


def test_a_format_that_was_never_derived_fails(exporter: Exporter) -> None:
    exporter.run(DAYS[0])
    found = inspect(exporter, "csv", [DAYS[0]])[DAYS[0]]
    assert {check: finding.passed for check, finding in found.items()} == dict.fromkeys(DERIVED_CHECKS, False)


def inspect(exporter: Exporter, fmt: str, keys: Collection[str] = (DAY,)) -> dict[str, Findings]:
    place = open_destination(str(exporter.root))
    inspection = Inspection(DATASETS["logs"], PARTITIONING, place, FORMATS[fmt], "inspection")
    return inspect_derived(inspection, list(keys), DERIVED_CHECKS)


def failing(exporter: Exporter, fmt: str) -> dict[Check, str]:
    """Return what the failed checks of the day say."""
    return {check: finding.summary for check, finding in inspect(exporter, fmt)[DAY].items() if not finding.passed}
