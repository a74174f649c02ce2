import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.plain_types import plain_array, plain_type


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (pa.int8(), pa.int8()),
        (pa.decimal128(38, 10), pa.decimal128(38, 10)),
        (pa.timestamp("ms", "Europe/Berlin"), pa.timestamp("ms", "Europe/Berlin")),
        (pa.large_string(), pa.string()),
        (pa.string_view(), pa.string()),
        (pa.large_binary(), pa.binary()),
        (pa.uint32(), pa.int64()),
        (pa.dictionary(pa.uint32(), pa.large_string()), pa.string()),
        (pa.large_list(pa.large_string()), pa.list_(pa.string())),
    ],
)
def test_a_relative_becomes_the_published_type(given: pa.DataType, plain: pa.DataType) -> None:
    assert plain_type(given) == plain
    assert plain_array(pa.chunked_array([pa.nulls(2, given)]), plain).equals(pa.nulls(2, plain))


@pytest.mark.parametrize("given", [pa.null(), pa.duration("us"), pa.time64("us"), pa.uint64(), pa.struct([])])
def test_what_has_no_published_type_is_refused_with_advice(given: pa.DataType) -> None:
    with pytest.raises(ConfigError, match="which cannot be published; "):
        plain_type(given)
