from typing import Any

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.fields import RequestFields, read_fields
from export_pipeline.on_demand.mistakes import Mistakes
from export_pipeline.on_demand.presets import PRESETS


def read(**given: object) -> tuple[RequestFields, str]:
    """Return the fields, and the mistakes in words."""
    mistakes = Mistakes()
    fields = read_fields(given, mistakes)
    try:
        mistakes.raise_any()
    except ConfigError as error:
        return fields, str(error)
    return fields, ""


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_fills_in_what_is_left_out(name: str) -> None:
    fields, said = read(preset=name, datasets=["logs"])
    assert said == ""
    for field, value in PRESETS[name].items():
        if field != "long_cells" or fields.format == "xlsx":
            assert getattr(fields, field) == value


def test_what_somebody_chooses_goes_before_the_preset() -> None:
    fields, _ = read(preset="audit", format="parquet", include_metadata=False, compression="default", start=None)
    assert (fields.format, fields.include_metadata, fields.compression) == ("parquet", False, "gzip")


def test_every_field_has_a_default_and_a_description() -> None:
    for name, field in RequestFields.model_fields.items():
        assert not field.is_required(), name
        assert field.description, name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"zipp": True}, "zipp: there is no such field; there are preset, datasets, tables"),
        ({"x" * 5_000: 1}, f"{'x' * 100}…: there is no such field"),
        ({"format": "xml"}, "format: 'xml': input should be "),
        ({"datasets": "logs"}, "datasets: 'logs': input should be a valid list"),
        ({"datasets": ["logs", 5]}, "datasets: 5: input should be a valid string"),
        ({"split_rows": 0}, "split_rows: 0: input should be greater than or equal to 1"),
        ({"split_bytes": -1}, "split_bytes: -1: input should be greater than or equal to 1"),
        ({"batch_rows": 2**63}, "batch_rows: 9223372036854775808: input should be less than or equal to"),
        ({"preview": 10_001}, "preview: 10001: input should be less than or equal to 10000"),
        ({"preview": "many"}, "preview: 'many': input should be a valid integer"),
        ({"requested_by": "x" * 201}, "requested_by: 'x"),
        ({"preset": "fast"}, "preset: 'fast': input should be 'none', 'training', 'audit' or 'ticket'"),
        ({"output": "y" * 200_000, "zip": "z" * 200_000}, f"zip: '{'z' * 99}…"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_what_is_allowed(given: dict[str, Any], said: str) -> None:
    fields, mistakes = read(**given)
    assert said in mistakes
    assert len(mistakes) < 1_000
    assert fields.preset == "none"  # the others are read all the same


def test_every_wrong_field_is_named_at_once() -> None:
    _, said = read(zipp=1, format="xml", preview=0, datasets=["logs"])
    assert {line.split(":")[0].strip() for line in said.splitlines()[1:]} == {"format", "preview", "zipp"}
