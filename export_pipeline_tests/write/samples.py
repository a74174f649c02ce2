"""Small batches, manifests and publishers for the tests of step 4."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from export_pipeline.write.destinations.destination import Destination, Staging
from export_pipeline.write.formats.format import Format, WrittenFile
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.hints import published_field
from export_pipeline.write.manifest import FailedCheck, FailedValue, Manifest, QuarantineFile
from export_pipeline.write.paths import Target
from export_pipeline.write.publish import Publication, publish
from export_pipeline.write.schema_description import describe_schema, fingerprint_schema
from export_pipeline.write.snapshot_id import SnapshotId

PARQUET = FORMATS["parquet"]
SCHEMA = pa.schema([published_field("id", pa.int64(), "The key."), published_field("text", pa.string(), "")])
PARTITION = Target.of_partition("logs", PARQUET, "date=2026-11-20")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REJECTED = b'{"id":99,"reason":"no text"}\n'


def rows(text: str, count: int = 3) -> pa.RecordBatch:
    """Return `count` rows that all hold `text`."""
    return pa.RecordBatch.from_arrays([pa.array(range(count), pa.int64()), pa.array([text] * count)], schema=SCHEMA)


def snapshot(number: int, **changes: Any) -> SnapshotId:  # noqa: ANN401 - any field
    """Return the `number`th snapshot of one server."""
    taken_at = NOON + timedelta(seconds=number)
    return replace(SnapshotId(number, number, taken_at, "7301234567890123456", 1), **changes)


def manifest_of(written: WrittenFile, target: Target = PARTITION, **changes: Any) -> Manifest:  # noqa: ANN401 - any field
    """Return the manifest of a file, as of snapshot 100 unless told otherwise."""
    base = Manifest(
        dataset=target.dataset,
        partition=target.partition,
        format=target.format_name,
        compression="zstd",
        run_id="run-1",
        source_count=written.rows,
        row_count=written.rows,
        invalid_count=0,
        quarantined_count=0,
        bytes=written.bytes,
        sha256=written.sha256,
        arrow_schema=describe_schema(SCHEMA),
        schema_fingerprint=fingerprint_schema(SCHEMA),
        declaration_fingerprint="d" * 64,
        selection={"table": "public.log_entries", "window": ["2026-11-20T00:00:00Z", None]},
        config={"validation_level": "strict", "max_invalid_ratio": 0.5},
        snapshot=snapshot(100),
        newest=99,
        relations={"16385": "-3"},
        digest=None,
        quality={"completeness": 1.0, "validity": None},
        failures=(FailedCheck("text", "required", 2, (FailedValue(None, "id=1"),)),),
        transforms=({"name": "clean_message", "version": 1},),
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=2),
        stages={"extract": 1.25, "write": 0.5},
        source_export_id=None,
        quarantine=None,
        software_version="0.1.0",
    )
    return replace(base, **changes)


def stage_rows(staging: Staging, text: str, fmt: Format = PARQUET) -> WrittenFile:
    """Write three rows into the staged data file."""
    sink = staging.open_data()
    writer = fmt.open(sink, SCHEMA)
    writer.write(rows(text))
    writer.close()
    return sink.written(3)


def stage_rejected(staging: Staging, target: Target = PARTITION) -> dict[str, Any]:
    """Stage one rejected row; return what changes in the manifest."""
    sink = staging.open_quarantine()
    sink.write(REJECTED)
    file = sink.written(1)
    quarantine = QuarantineFile(str(target.quarantine), file.sha256, file.bytes)
    return {"quarantine": quarantine, "quarantined_count": 1, "source_count": 4}


def publish_rows(
    destination: Destination,
    text: str,
    number: int = 100,
    *,
    target: Target = PARTITION,
    fmt: Format = PARQUET,
    run_id: str = "run-1",
    with_rejected: bool = False,
    **changes: Any,  # noqa: ANN401 - any field of the snapshot
) -> Publication:
    """Publish three rows of `text`, of the `number`th snapshot."""
    with destination.stage(run_id, target) as staging:
        written = stage_rows(staging, text, fmt)
        rejected = stage_rejected(staging, target) if with_rejected else {}
        taken = snapshot(number, **changes)
        manifest = manifest_of(written, target, snapshot=taken, run_id=run_id, **rejected)
        return publish(staging, manifest, fmt, SCHEMA)
