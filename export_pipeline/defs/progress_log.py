"""Progress as log lines in the run: one every few seconds, and a last one when a partition is done."""

from time import monotonic

from dagster import DagsterLogManager

from export_pipeline.progress import OnProgress, Progress

_EVERY_S = 3.0


class ProgressLog:
    """Passes progress on to `forward`, and logs it now and then. One for each partition."""

    def __init__(self, log: DagsterLogManager, forward: OnProgress) -> None:
        self._log = log
        self._forward = forward
        self._last = monotonic()

    def __call__(self, progress: Progress) -> None:
        """Show `progress`."""
        self._forward(progress)
        now = monotonic()
        if now - self._last >= _EVERY_S or progress.rows >= progress.total_rows:
            self._last = now
            self._log.info(str(progress))
