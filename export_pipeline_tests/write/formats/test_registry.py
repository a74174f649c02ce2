import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.registry import FORMATS, find_format


def test_every_format_is_found_by_its_name_and_has_an_extension_of_its_own() -> None:
    assert list(FORMATS) == ["parquet", "csv", "json", "jsonl", "xlsx"]
    assert all(find_format(name) is fmt for name, fmt in FORMATS.items())
    assert [fmt.extension for fmt in FORMATS.values()] == [".parquet", ".csv", ".json", ".jsonl", ".xlsx"]


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'xml' is unknown; there are parquet, csv, json, jsonl, xlsx"):
        find_format("xml")
