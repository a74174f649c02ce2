import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.type_words import type_of


def test_a_word_is_a_type() -> None:
    assert type_of("timestamp") == pa.timestamp("us", "UTC")
    assert type_of("list of string") == pa.list_(pa.string())
    assert type_of("decimal(38,10)") == type_of("decimal(38, 10)") == pa.decimal128(38, 10)


@pytest.mark.parametrize("word", ["", "text", "decimal", "decimal(39,1)", "decimal(5,6)", "decimal(0,0)", "INT64"])
def test_another_word_is_refused_with_those_there_are(word: str) -> None:
    with pytest.raises(ConfigError, match=r"there are string, bool, .*, decimal\(p,s\) with p up to 38"):
        type_of(word)
