"""A Parquet file of four parts that does not compress, and its publisher."""

from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa

from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.publish import Publication, publish
from export_pipeline_tests.write.samples import PARQUET, PARTITION, SCHEMA, manifest_of, snapshot, stage_rejected

ROWS: Final = 100_000
PARTS: Final = 4
_WIDTH = 220
_BATCH_ROWS = 10_000


@cache
def noise() -> pa.RecordBatch:
    """Return rows of random text, 18 MB as Parquet."""
    text = np.random.default_rng(7).integers(32, 127, ROWS * _WIDTH, dtype=np.uint8).tobytes().decode()
    texts = pa.array([text[n : n + _WIDTH] for n in range(0, len(text), _WIDTH)])
    return pa.RecordBatch.from_arrays([pa.array(range(ROWS), pa.int64()), texts], schema=SCHEMA)


def publish_large(
    destination: Destination, number: int = 101, run_id: str = "large", *, with_rejected: bool = False
) -> Publication:
    """Publish a file of four parts."""
    with destination.stage(run_id, PARTITION) as staging:
        sink = staging.open_data()
        writer = PARQUET.open(sink, SCHEMA)
        for start in range(0, ROWS, _BATCH_ROWS):
            writer.write(noise().slice(start, _BATCH_ROWS))
        writer.close()
        rejected = stage_rejected(staging) if with_rejected else {}
        if rejected:
            rejected["source_count"] = ROWS + 1
        manifest = manifest_of(sink.written(ROWS), snapshot=snapshot(number), run_id=run_id, **rejected)
        return publish(staging, manifest, PARQUET, SCHEMA)
