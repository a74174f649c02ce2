"""What each compression of each format costs: seconds of one processor to write and to check, and the bytes it leaves.

The rows are generated log rows as they are published, transforms included; they are made before, and not timed.
JSON lines cost what JSON does.
Usage: python benchmarks/compression.py [--rows N]
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from time import process_time

import numpy as np
import pyarrow as pa

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.embedded.daily_curve import DailyCurve
from export_pipeline.embedded.sample_devices import make_devices
from export_pipeline.embedded.sample_logs import LogMaker
from export_pipeline.embedded.text_gaps import GapFiller
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy, Level
from export_pipeline.write.formats.compression import compressions_of, with_compression
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.hashing_sink import HashingSink

LAST_DAY = date(2026, 11, 20)
BATCH_ROWS = 20_000
LEVELS = {"gzip": (1, 2, 3, 4, 6, 9), "zstd": (1, 3, 6, 9)}
PLAN = ExportPlan.whole(DATASETS["logs"], BatchLimits(), CheckPolicy(Level.STRICT))


def main() -> None:
    """Print a line for each format, compression and level."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="log rows")
    batches = list(published_batches(parser.parse_args().rows))
    print("format   compression  level   write s  check s       MB  ratio")
    for name in ("csv", "json", "parquet"):
        plain = 0
        for compression in compressions_of(FORMATS[name]):
            for level in LEVELS.get(compression, (None,)):
                write_s, check_s, size = measure(with_compression(FORMATS[name], compression, level), batches)
                plain = plain or size
                figures = f"{write_s:8.2f} {check_s:8.2f} {size / 1e6:8.1f}  {plain / size:5.2f}"
                print(f"{name:8} {compression:11} {level or '':>6}  {figures}", flush=True)


def published_batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Yield generated log rows as they are published."""
    rng, curve, devices = np.random.default_rng(7), DailyCurve(LAST_DAY, 1), make_devices(40, datetime(2026, 1, 1))  # noqa: DTZ001
    maker = LogMaker(rng, curve, devices, GapFiller(rng, ["192.0.2.1"]))
    steps = [transform.prepare(lambda lookup: devices.select(lookup.columns)) for transform in PLAN.transforms]
    for first in range(0, rows, BATCH_ROWS):
        table = maker.make_chunk(first, min(BATCH_ROWS, rows - first), rows)
        (batch,) = table.select(PLAN.source_schema.names).cast(PLAN.source_schema).combine_chunks().to_batches()
        for step in steps:
            batch = step(batch)
        yield pa.RecordBatch.from_arrays(batch.columns, schema=PLAN.published_schema)


def measure(fmt: Format, batches: list[pa.RecordBatch]) -> tuple[float, float, int]:
    """Write the batches, and check the file; return the seconds of each, and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data")
        with path.open("wb") as raw:
            begun = process_time()
            writer = fmt.open(HashingSink(raw, path), batches[0].schema)
            for batch in batches:
                writer.write(batch)
            writer.close()
            written = process_time()
        fmt.check(path, sum(batch.num_rows for batch in batches), batches[0].schema)
        return written - begun, process_time() - written, path.stat().st_size


if __name__ == "__main__":
    main()
