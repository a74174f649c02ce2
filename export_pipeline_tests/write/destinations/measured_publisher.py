"""A program that measures itself publishing: `python -m … ENDPOINT BUCKET SPOOL COPIES`, a file of 18 MB a copy."""

import resource
import sys
from dataclasses import replace
from pathlib import Path

from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.destinations.s3_options import SMALLEST_PART_BYTES
from export_pipeline.write.publish import publish
from export_pipeline_tests.object_store import ObjectStore
from export_pipeline_tests.write.destinations.large_files import ROWS, noise
from export_pipeline_tests.write.samples import PARQUET, PARTITION, SCHEMA, manifest_of


def main() -> None:
    """Publish, then print the bytes that were published and the peak of this process's memory in bytes."""
    endpoint_url, bucket, spool, copies = sys.argv[1:]
    options = replace(ObjectStore(endpoint_url).options, part_bytes=SMALLEST_PART_BYTES, spool_folder=Path(spool))
    with open_destination(f"s3://{bucket}", options).stage("large", PARTITION) as staging:
        sink = staging.open_data()
        writer = PARQUET.open(sink, SCHEMA)
        for _ in range(int(copies)):
            writer.write(noise())
        writer.close()
        done = publish(staging, manifest_of(sink.written(ROWS * int(copies))), PARQUET, SCHEMA)
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(f"{done.manifest.bytes} {peak_bytes}\n")


if __name__ == "__main__":
    main()
