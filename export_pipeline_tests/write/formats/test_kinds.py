import pyarrow as pa
import pytest

from export_pipeline.write.formats.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (pa.int8(), Kind.WHOLE),
        (pa.uint64(), Kind.WHOLE),
        (pa.large_string(), Kind.TEXT),
        (pa.dictionary(pa.int8(), pa.string()), Kind.TEXT),
        (pa.list_(pa.list_(pa.date32())), Kind.LIST),
        (pa.large_binary(), Kind.BYTES),
        (pa.time64("us"), Kind.TIME),
        (pa.list_(pa.struct([])), Kind.UNSUPPORTED),
        (pa.struct([]), Kind.UNSUPPORTED),
        (pa.float16(), Kind.UNSUPPORTED),
        (pa.duration("us"), Kind.UNSUPPORTED),
        (pa.decimal256(40, 2), Kind.UNSUPPORTED),
        (pa.null(), Kind.UNSUPPORTED),
    ],
    ids=str,
)
def test_a_type_has_one_kind(type_: pa.DataType, kind: Kind) -> None:
    assert kind_of(type_) is kind
