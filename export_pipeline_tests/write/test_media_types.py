import pytest

from export_pipeline.write.formats.format import Format
from export_pipeline.write.media_types import media_type_of
from export_pipeline_tests.write.variants import VARIANTS


@pytest.mark.parametrize("fmt", VARIANTS.values(), ids=list(VARIANTS))
def test_a_name_says_what_its_format_says(fmt: Format) -> None:
    assert media_type_of(f"team é/logs 1.2{fmt.extension}") == fmt.media_type


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("exports/run-1/all.zip", "application/zip"),
        ("exports/run-1/export.json", "application/json"),
        ("date=2026-11-20.lock", "application/octet-stream"),
        ("data", "application/octet-stream"),
    ],
)
def test_other_names_say_what_they_can(name: str, media_type: str) -> None:
    assert media_type_of(name) == media_type
