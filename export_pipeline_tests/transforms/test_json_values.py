import json
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.transforms.json_values import VALUE_TYPES, convert_values, read_paths


def read_one(text: str, value_type: str) -> object:
    (values,) = read_paths([text], [("v",)])
    value: object = convert_values(values, value_type)[0].as_py()
    return value


@pytest.mark.parametrize(
    ("json_value", "accepted"),
    [
        ("5", {"int64": 5, "int32": 5, "float64": 5.0}),
        ("5.0", {"float64": 5.0}),
        ('"5"', {"string": "5"}),
        ("true", {"bool": True}),
        ("null", {}),
        ("2147483648", {"int64": 2**31, "float64": 2.0**31}),
        ("-9223372036854775808", {"int64": -(2**63), "float64": -(2.0**63)}),
        ("9223372036854775808", {"float64": 2.0**63}),
        ("123456789012345678901234567890", {"float64": 1.2345678901234568e29}),
        ("1e400", {}),
        ("-1" + "0" * 400, {}),
        ("1" + "0" * 5000, {}),
        ('"é😀\\u0000"', {"string": "é😀\0"}),
        ('"\\ud800"', {}),
        ("{}", {}),
        ("[1]", {}),
        ("NaN", {}),
    ],
)
def test_only_the_json_type_counts(json_value: str, accepted: dict[str, object]) -> None:
    text = f'{{"v": {json_value}}}'
    found = {value_type: read_one(text, value_type) for value_type in VALUE_TYPES}
    assert {value_type: value for value_type, value in found.items() if value is not None} == accepted


@pytest.mark.parametrize("odd_value", ["1e400", '"\\ud800"', "1" + "0" * 5000])
def test_one_value_beyond_the_fast_parser_leaves_the_others(odd_value: str) -> None:
    assert read_one(f'{{"odd": {odd_value}, "v": 8, "é": "ü"}}', "int64") == 8


def test_string_of_valid_unicode_survives_beside_a_lone_surrogate() -> None:
    assert read_one('{"odd": "\\ud800", "v": "ü"}', "string") == "ü"


@pytest.mark.parametrize("text", ["", "{", "{'v': 1}", '{"v": 1} x', "[" * 100_000, "\ufeff{}", '{"v": NaN}'])
def test_malformed_text_has_no_values(text: str) -> None:
    assert read_paths([text, '{"v": 1}'], [("v",)]) == [[None, 1]]


def test_path_through_another_shape_is_null() -> None:
    texts = ['{"a": {"b": 1}}', '{"a": [1]}', '{"a": null}', "[]", '"a"', "null", "{}"]
    assert read_paths(texts, [("a", "b")]) == [[1, None, None, None, None, None, None]]


def test_paths_share_their_first_key_and_the_last_of_equal_keys_counts() -> None:
    text = '{"a": {"b": 1, "c": 2}, "\\u0064": 3, "d": 4}'
    assert read_paths([text], [("a", "b"), ("d",), ("a", "c")]) == [[1], [4], [2]]


@given(text=st.text(alphabet='{}[]",:\\ 0123456789eE.+-truefalsn"va', max_size=40))
def test_what_is_no_json_for_the_standard_library_is_none_here(text: str) -> None:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    expected = document.get("v") if isinstance(document, dict) else None
    ((found,),) = read_paths([text], [("v",)])
    assert repr(found) == repr(expected)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("vab"), inner))


def read_slowly(text: str, value_type: str) -> object:
    """Judge the value by the standard library and its exact Python type."""
    document = json.loads(text)
    value: Any = document.get("v") if isinstance(document, dict) else None  # Any: what JSON can hold
    if "Infinity" in text or "NaN" in text:
        return None
    if value_type == "float64" and type(value) in (int, float):
        return float(value) if abs(value) < 1.7e308 and math.isfinite(value) else None
    exact = {"int64": int, "int32": int, "float64": float, "string": str, "bool": bool}[value_type]
    bits = {"int64": 63, "int32": 31}.get(value_type)
    fits = type(value) is exact and (bits is None or -(2**bits) <= value < 2**bits)
    return value if fits else None


@given(
    document=DOCUMENTS | st.fixed_dictionaries({"v": SCALARS}),
    value_type=st.sampled_from(list(VALUE_TYPES)),
    ascii_only=st.booleans(),
)
def test_values_agree_with_the_standard_library(document: object, value_type: str, *, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    assert read_one(text, value_type) == read_slowly(text, value_type)


def test_every_type_has_its_array() -> None:
    arrays = {value_type: convert_values([None], value_type).type for value_type in VALUE_TYPES}
    assert arrays == VALUE_TYPES
    assert arrays["int32"] == pa.int32()
