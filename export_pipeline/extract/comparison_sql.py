"""One condition as SQL, by the type of its column: it is true, false or NULL where `filters.evaluate` says so.

What is compared is the published value: types that travel as PostgreSQL's text are compared as text, by code point.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from export_pipeline.extract.literals import array, literal
from export_pipeline.extract.local_times import spans_of, time_text
from export_pipeline.extract.names import quote
from export_pipeline.extract.selection import SelectedColumn
from export_pipeline.filters.condition import LIST_OPERATORS, NULL_OPERATORS, PATTERN_OPERATORS, Condition, Operator
from export_pipeline.filters.values import Kind, Value, as_number, kind_of, require

_BY_CODE_POINT: Final = '{} COLLATE "C"'
_INDEXED_TEXT: Final = frozenset({"text", "varchar"})
# The cast bpchar::text takes the padding away, which is published.
_TEXT_FORMS: Final = {"text": "{}", "varchar": "{}", "bpchar": "bpcharout({})::text", "name": "{}::text"}


def condition_sql(condition: Condition, column: SelectedColumn, zone: str) -> str:
    """Return `condition` on `column`; times without a zone are read in `zone`.

    Raises: ConfigError for a value that is not of the column's type.
    """
    name, kind = quote(column.source_name), kind_of(column.travels.arrow)
    if condition.path:
        return _on_json(condition, column.pg_type, name)
    if condition.operator in NULL_OPERATORS:
        return f"{name} {condition.operator.upper()}"
    if kind is Kind.TEXT:
        return _on_text(condition, column, name)
    values = [require(value, column.travels.arrow, column.name) for value in condition.values]
    if column.pg_type == "timestamp" and zone != "UTC":
        return _on_local_times(
            name, condition.operator, [value for value in values if isinstance(value, datetime)], zone
        )
    cast = "numeric" if kind is Kind.DECIMAL else column.pg_type
    return _compared(name, condition.operator, [_written(value) for value in values], cast)


def _on_text(condition: Condition, column: SelectedColumn, name: str) -> str:
    expression = _TEXT_FORMS.get(column.pg_type, column.travels.template).format(name)
    exact = _text_compared(expression, condition.operator, condition.values)
    if column.pg_type in _INDEXED_TEXT and condition.operator in {Operator.EQ, Operator.IN}:
        # The same by the column's own collation, which calls equal texts equal at least: its index serves it.
        return f"({_compared(name, condition.operator, condition.values, 'text')} AND {exact})"
    return exact


def _text_compared(expression: str, operator: Operator, values: Sequence[str]) -> str:
    # COLLATE "C" folds the case of ASCII alone; the database's own collation knows more letters.
    collation = '{} COLLATE "default"' if operator is Operator.ILIKE else _BY_CODE_POINT
    return _compared(collation.format(expression), operator, values, "text")


def _compared(expression: str, operator: Operator, values: Sequence[str], cast: str) -> str:
    match operator:
        case Operator.IN:
            return f"{expression} = ANY ({array(values, cast)})"
        case Operator.NOT_IN:
            return f"{expression} <> ALL ({array(values, cast)})"
        case Operator.BETWEEN:
            return f"{expression} BETWEEN {literal(values[0], cast)} AND {literal(values[1], cast)}"
        case _:
            return f"{expression} {operator.upper()} {literal(values[0], cast)}"


def _on_local_times(name: str, operator: Operator, moments: Sequence[datetime], zone: str) -> str:
    """Compare times without a zone with the bounds, on the clocks of `zone`, of those that are read as `moments`."""
    if operator in LIST_OPERATORS:
        inside = _among_spans(name, spans_of(moments, zone))
        return inside if operator is Operator.IN else f"NOT {inside}"
    bounds = [_bounds(span) for span in spans_of(moments, zone)]
    (first, after), (_, last) = bounds[0], bounds[-1]
    forms = {
        Operator.LT: f"{name} < {first}",
        Operator.LE: f"{name} < {after}",
        Operator.GT: f"{name} >= {after}",
        Operator.GE: f"{name} >= {first}",
        Operator.BETWEEN: f"({name} >= {first} AND {name} < {last})",
        Operator.EQ: f"({name} >= {first} AND {name} < {after})",
        Operator.NE: f"({name} < {first} OR {name} >= {after})",
    }
    return forms[operator]


def _bounds(span: tuple[int, int]) -> tuple[str, str]:
    first, after = (literal(time_text(time), "timestamp") for time in span)
    return first, after


def _among_spans(name: str, spans: Sequence[tuple[int, int]]) -> str:
    """Nearly all spans are a single time, and the server hashes a list of those."""
    single = array((time_text(first) for first, after in spans if after - first == 1), "timestamp")
    wide = [_bounds(span) for span in spans if span[1] - span[0] > 1]
    tests = [f"{name} = ANY ({single})", *(f"({name} >= {first} AND {name} < {after})" for first, after in wide)]
    return f"({' OR '.join(tests)})"


def _on_json(condition: Condition, pg_type: str, name: str) -> str:
    """Compare numbers with numbers by value, everything else as text."""
    operator, path = condition.operator, array(condition.path, "text")
    text = f"({name} #>> {path})"
    if operator in NULL_OPERATORS:
        return f"{text} {operator.upper()}"
    numbers = [value for value in condition.values if as_number(value) is not None]
    if operator in PATTERN_OPERATORS or not numbers:
        return _text_compared(text, operator, condition.values)

    def compared(one: Operator, values: Sequence[str]) -> str:
        as_text = _text_compared(text, one, values)
        if as_number(values[0]) is None:
            return as_text
        by_value = _compared(f"{text}::numeric", one, values, "numeric")
        return f"CASE WHEN {pg_type}_typeof({name} #> {path}) = 'number' THEN {by_value} ELSE {as_text} END"

    if operator is Operator.BETWEEN:
        low, high = condition.values
        return f"({compared(Operator.GE, [low])} AND {compared(Operator.LE, [high])})"
    if operator not in LIST_OPERATORS:
        return compared(operator, condition.values)
    groups = [numbers, [value for value in condition.values if as_number(value) is None]]
    inside = " OR ".join(f"({compared(Operator.IN, group)})" for group in groups if group)
    return f"({inside})" if operator is Operator.IN else f"NOT ({inside})"


def _written(value: Value) -> str:
    """Return a value as the text of an SQL literal."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)
