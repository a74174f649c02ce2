"""Progress of one partition in the run's log and in the asset's events.

A line every few seconds, an observation of the partition at each tenth of its rows, and a last line when it is
published. When they are due, `progress.py` says: small partitions have the last line only, so that many of them do not
flood the event log.
"""

from dagster import AssetObservation, MetadataValue, OutputContext

from export_pipeline.flow import Outcome
from export_pipeline.progress import Cadence, OnProgress, Progress


class ProgressLog:
    """Passes progress of the partition `key` on to `forward`, and shows it. One for each attempt.

    An attempt that is not the first begins at the first row again, in another snapshot: a line says so.
    """

    def __init__(self, context: OutputContext, key: str, forward: OnProgress) -> None:
        self._context = context
        self._key = key
        self._forward = forward
        self._cadence = Cadence()
        self._attempt = context.step_context.previous_attempt_count + 1
        if self._attempt > 1:
            context.log.info("%s: attempt %d begins again at the first row", key, self._attempt)

    def __call__(self, progress: Progress) -> None:
        """Show `progress`."""
        self._forward(progress)
        if self._cadence.line_is_due(progress):
            self._context.log.info(str(progress))
        if self._cadence.event_is_due(progress):
            self._observe(progress)

    def published(self, outcome: Outcome) -> None:
        """Log what has become of it."""
        manifest = outcome.manifest
        seconds = (manifest.finished_at - manifest.started_at).total_seconds()
        summary = (
            f"{manifest.dataset} {manifest.partition} {manifest.format}: published {manifest.row_count:,} rows "
            f"({manifest.invalid_count:,} invalid, {manifest.quarantined_count:,} quarantined), "
            f"{manifest.bytes:,} bytes in {seconds:.1f} s, {manifest.row_count / max(seconds, 1e-3):,.0f} rows/s"
        )
        self._context.log.info(summary)

    def _observe(self, progress: Progress) -> None:
        metadata = {
            "share": MetadataValue.float(round(progress.share, 4)),
            "rows": MetadataValue.int(progress.rows),
            "total_rows": MetadataValue.int(progress.total_rows),
            # Not `rows_per_s`: the UI plots the highest of one name, and that is the published partition's.
            "rows_per_s_so_far": MetadataValue.int(round(progress.rows_per_s)),
            "eta_s": MetadataValue.float(round(progress.remaining_s or 0.0, 1)),
            "attempt": MetadataValue.int(self._attempt),
        }
        self._context.log_event(
            AssetObservation(self._context.asset_key, str(progress), partition=self._key, metadata=metadata)
        )
