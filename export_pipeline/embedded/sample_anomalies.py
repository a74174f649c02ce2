"""The rows of `anomaly_records` of the sample: found in log entries, whose devices and times they share."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.embedded.daily_curve import DailyCurve, to_timestamps
from export_pipeline.embedded.dirt import ANOMALY_DIRT, draw_dirt

_TYPES = ("auth_failure", "port_scan", "traffic_spike", "config_change", "service_down", "rare_message")
_STATUSES = ("new", "acknowledged", "resolved", "false_positive")
_BAD_SEVERITIES = np.array([0, 6, 9, -1])
_BAD_CONFIDENCES = np.array([1.5, -0.2, 87.0])
_SECOND_US = 1_000_000


class AnomalyMaker:
    """Makes the rows of one sample in order; `dirt` counts what has been made so far."""

    def __init__(self, rng: np.random.Generator, curve: DailyCurve) -> None:
        self.dirt: Counter[str] = Counter()
        self._rng = rng
        self._curve = curve

    def make_chunk(self, first: int, logs: pa.Table) -> pa.Table:
        """Return a row for each row of `logs` (`id`, `device_id`, `timestamp`), with ids from `first + 1`."""
        rng, row_count = self._rng, len(logs)
        dirt = draw_dirt(rng, row_count, ANOMALY_DIRT)
        self.dirt.update({kind: rows.size for kind, rows in dirt.items()})
        severities = rng.integers(1, 6, row_count)
        severities[dirt["bad_severities"]] = rng.choice(_BAD_SEVERITIES, dirt["bad_severities"].size)
        confidences = rng.random(row_count).round(4)
        confidences[dirt["bad_confidences"]] = rng.choice(_BAD_CONFIDENCES, dirt["bad_confidences"].size)
        types = self._draw_from(_TYPES, row_count)
        columns = {
            "id": pa.array(np.arange(first + 1, first + row_count + 1)),
            "log_entry_id": logs["id"],
            "device_id": logs["device_id"],
            "timestamp": logs["timestamp"],
            "anomaly_type": types,
            "severity": pa.array(severities),
            "confidence": pa.array(confidences),
            "description": pc.binary_join_element_wise("Found by the model:", types, " "),
            "metadata": self._make_metadata(confidences),
            "status": self._draw_from(_STATUSES, row_count),
        }
        return pa.table(columns | self._make_record_times(logs["timestamp"]))

    def _make_record_times(self, found_at: pa.ChunkedArray) -> dict[str, pa.Array]:
        """Say: recorded within a minute, last touched within an hour, but never after the sample's end."""
        created, updated = (
            np.minimum(
                found_at.cast(pa.int64()).to_numpy() + self._rng.integers(low_s, high_s, len(found_at)) * _SECOND_US,
                self._curve.end_us,
            )
            for low_s, high_s in ((1, 60), (60, 3600))
        )
        return {"created_at": to_timestamps(created), "updated_at": to_timestamps(updated)}

    def _make_metadata(self, confidences: np.typing.NDArray[np.float64]) -> pa.Array:
        """Return nested JSON texts: an object in an object, and an array."""
        rows = zip(confidences.tolist(), self._rng.integers(0, 500, confidences.size).tolist(), strict=True)
        return pa.array(
            [
                '{"model": {"name": "isolation_forest", "version": "2.1"}, '
                f'"scores": [{score}, {score / 2}], "window": {{"events": {events}, "minutes": 5}}}}'
                for score, events in rows
            ],
            pa.string(),
        )

    def _draw_from(self, pool: tuple[str, ...], row_count: int) -> pa.Array:
        return pa.array(pool).take(pa.array(self._rng.integers(0, len(pool), row_count)))
