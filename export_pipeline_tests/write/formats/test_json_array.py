import io

import pyarrow as pa

from export_pipeline.write.formats.json_array import JSON

BATCH = pa.record_batch({"a": [1, 2]})


def json_of(*batches: pa.RecordBatch) -> str:
    sink = io.BytesIO()
    writer = JSON.open(sink, BATCH.schema)
    for batch in batches:
        writer.write(batch)
    writer.close()
    return sink.getvalue().decode()


def test_rows_are_the_elements_of_one_array() -> None:
    assert json_of(BATCH, BATCH.slice(0, 0), BATCH.slice(1)) == '[\n{"a":1},\n{"a":2},\n{"a":2}\n]\n'


def test_no_rows_are_an_empty_array() -> None:
    assert json_of() == json_of(BATCH.slice(0, 0)) == "[]\n"
