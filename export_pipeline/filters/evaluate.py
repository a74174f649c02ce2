"""Which rows of a batch a filter keeps, by SQL's three-valued logic: a row is kept where the filter is true."""

from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.errors import ConfigError
from export_pipeline.filters.comparisons import compare, order_of
from export_pipeline.filters.condition import NULL_OPERATORS, AllOf, Condition, Filter, Operator
from export_pipeline.filters.json_path import raw_at, text_of
from export_pipeline.filters.json_texts import JsonTexts
from export_pipeline.filters.patterns import ilike, like


def mask(filter: Filter, batch: pa.RecordBatch) -> pa.BooleanArray:  # noqa: A002 - the word for it
    """Return true for each row of `batch` to keep, else false; never NULL.

    Raises: ConfigError for what `resolve.problems` names, and for a condition on the source's own value.
    """
    return pc.fill_null(_truth(filter, batch), False)  # noqa: FBT003 - a value


def _truth(filter: Filter, batch: pa.RecordBatch) -> pa.BooleanArray:  # noqa: A002 - the word for it
    if isinstance(filter, Condition):
        return _of_condition(filter, batch)
    combine = pc.and_kleene if isinstance(filter, AllOf) else pc.or_kleene
    return reduce(combine, (_truth(part, batch) for part in filter.parts))


def _of_condition(condition: Condition, batch: pa.RecordBatch) -> pa.BooleanArray:
    if condition.of_source:
        raise ConfigError(f"filter {condition}: the batch holds transformed values; ask the source for its own")
    if batch.schema.get_field_index(condition.column) < 0:
        raise ConfigError(f"filter {condition}: there is no column {condition.column!r} but {batch.schema.names}")
    column = batch.column(condition.column)
    try:
        return _at_path(condition, column) if condition.path else _of_column(condition, column)
    except ValueError as error:
        raise ConfigError(f"filter {condition}: a value {error}") from None


def _of_column(condition: Condition, column: pa.Array) -> pa.BooleanArray:
    if condition.operator in NULL_OPERATORS:
        return _null_test(condition.operator, column)
    if condition.operator in {Operator.LIKE, Operator.ILIKE}:
        return _pattern_test(condition, column)
    return compare(order_of(column), condition.operator, condition.values)


def _at_path(condition: Condition, column: pa.Array) -> pa.BooleanArray:
    """Judge each distinct document once: structured data repeats itself."""
    encoded = column.dictionary_encode()
    documents = encoded.dictionary.to_pylist()
    if condition.operator in {*NULL_OPERATORS, Operator.LIKE, Operator.ILIKE}:
        texts = pa.array([text_of(raw_at(document, condition.path)) for document in documents], pa.string())
        if condition.operator in NULL_OPERATORS:
            return _null_test(condition.operator, texts.take(encoded.indices))
        return _pattern_test(condition, texts).take(encoded.indices)
    verdicts = compare(JsonTexts.at(documents, condition.path), condition.operator, condition.values)
    return verdicts.take(encoded.indices)


def _null_test(operator: Operator, column: pa.Array) -> pa.BooleanArray:
    return pc.is_null(column) if operator is Operator.IS_NULL else pc.is_valid(column)


def _pattern_test(condition: Condition, texts: pa.Array) -> pa.BooleanArray:
    plain = texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts
    return (like if condition.operator is Operator.LIKE else ilike)(plain.cast(pa.string()), condition.values[0])
