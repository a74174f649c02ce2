"""The live table and the published file against the dataset's declaration."""

import pyarrow as pa

from export_pipeline.inspection.finding import Figure, Finding, failed, passed
from export_pipeline.inspection.source_look import SourceLook
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.hints import is_json


def check_schema(look: SourceLook, found: pa.Schema, declared: pa.Schema, severity: Severity) -> Finding:
    """Compare the live columns, and those of the file, with the declared ones.

    A column of the table that nobody declared is a warning: it is not exported.
    """
    problems = [f"the table: {difference}" for difference in look.differences]
    problems += [f"the file: {difference}" for difference in _differences(found, declared)]
    figures: dict[str, Figure] = {"columns": len(declared.names), "undeclared_columns": ", ".join(look.undeclared)}
    if problems:
        return failed(
            severity,
            f"{'; '.join(problems)}. Mend the table or the declaration, then export the partition again",
            **figures,
        )
    if look.undeclared:
        return failed(
            Severity.WARN,
            f"the table has columns that are not exported: {', '.join(look.undeclared)}; add them to the declaration",
            **figures,
        )
    return passed(f"{len(declared.names)} columns, as declared", **figures)


def _differences(found: pa.Schema, declared: pa.Schema) -> list[str]:
    here, there = ({field.name: field for field in schema} for schema in (found, declared))
    names = [*there, *(name for name in here if name not in there)]
    compared = [_difference(name, here.get(name), there.get(name)) for name in names]
    differing = [difference for difference in compared if difference]
    if not differing and found.names != declared.names:
        return ["its columns stand in another order"]
    return differing


def _difference(name: str, found: pa.Field | None, declared: pa.Field | None) -> str | None:
    """Compare what readers notice of a column."""
    if found is None:
        return f"column {name!r} ({_words(declared)}) is missing"
    if declared is None:
        return f"column {name!r} ({_words(found)}) is not declared"
    # Arrow's own comparison knows that a list's items are called `element` in Parquet.
    if found.type.equals(declared.type) and _traits(found) == _traits(declared):
        return None
    return f"column {name!r} is {_words(found)}, declared is {_words(declared)}"


def _traits(field: pa.Field) -> tuple[bool, bool]:
    return field.nullable, is_json(field)


def _words(field: pa.Field) -> str:
    nullable, json = _traits(field)
    return f"{field.type}{' of JSON' if json else ''}{'' if nullable else ' without NULL'}"
