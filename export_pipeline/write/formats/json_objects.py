"""How a row's members become the text of one JSON object, and those of a relation an object within it.

The values themselves are the business of `json_rows.py`. Names are only ever keys here: to Polars, a column called `*`
or `^a$` would stand for several.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.errors import ConfigError
from export_pipeline.write import hints


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: `value` is a column that Polars encodes, or, being `raw`, JSON text already."""

    key: str
    value: pl.Expr
    raw: bool


def keys_of(schema: pa.Schema) -> list[str]:
    """Return the keys of a row: columns, and for those of a relation its name, once.

    Raises: ConfigError when a column has the name of a relation.
    """
    plain = [field.name for field in schema if not hints.relation(field)]
    if taken := sorted({hints.relation(field) for field in schema} & set(plain)):
        raise ConfigError(f"json: {', '.join(taken)} would be a column and a nested object; leave one of them out")
    return list(dict.fromkeys(hints.relation(field) or field.name for field in schema))


def key_of(field: pa.Field) -> str:
    """Return the column's key in its object: `name` for the column `device__name` of the relation `device`."""
    relation = hints.relation(field)
    return str(field.name.removeprefix(f"{relation}__") if relation else field.name)


def nest(schema: pa.Schema, columns: Sequence[pa.Array], members: Sequence[Member]) -> list[Member]:
    """Return the members of a row's object, `members` being those of its `columns`, which are of `schema`.

    A relation's become one, at the place of the first; it is null where all its columns are.
    """
    places: dict[str, list[int]] = {}
    for place, field in enumerate(schema):
        places.setdefault(hints.relation(field) or field.name, []).append(place)
    return [
        _object(key, [members[place] for place in within], [columns[place] for place in within])
        if hints.relation(schema.field(within[0]))
        else members[within[0]]
        for key, within in places.items()
    ]


def text_of(members: Iterable[Member]) -> list[pl.Expr]:
    """Return the pieces of `"a":1,"b":"x"`."""
    pieces = [
        piece
        for is_raw, run in groupby(members, key=lambda member: member.raw)
        for text in (map(_raw, run) if is_raw else [_encoded(run)])
        for piece in (pl.lit(","), *text)
    ]
    return pieces[1:]


def _object(relation: str, members: Sequence[Member], columns: Iterable[pa.Array]) -> Member:
    absent = reduce(pc.and_, (column.is_null() for column in columns))
    text = pl.concat_str([pl.lit("{"), *text_of(members), pl.lit("}")])
    return Member(relation, pl.when(pl.lit(pl.Series(absent))).then(pl.lit("null")).otherwise(text), raw=True)


def _encoded(run: Iterable[Member]) -> Iterator[pl.Expr]:
    """Yield the piece of members that Polars encodes."""
    values = pl.struct([member.value.alias(member.key) for member in run])
    yield values.struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")


def _raw(member: Member) -> Iterator[pl.Expr]:
    """Yield the pieces `"a":` and `…` of a member that is JSON text already."""
    yield pl.lit(json.dumps(member.key, ensure_ascii=False) + ":")
    yield member.value.fill_null("null")
