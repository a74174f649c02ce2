"""The rows of `log_entries` of the sample, a chunk at a time, with the syslog line that each row agrees with.

Messages and levels have neighbours of their own: `sample_messages`, `sample_levels`. Rates of dirt: `dirt`.
"""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.embedded.daily_curve import DailyCurve, Micros, to_timestamps
from export_pipeline.embedded.dirt import DEVICE_DIRT, LEVEL_DIRT, MESSAGE_DIRT, Rows, draw_dirt
from export_pipeline.embedded.sample_levels import make_levels
from export_pipeline.embedded.sample_messages import make_messages
from export_pipeline.embedded.syslog_texts import TEXTS
from export_pipeline.embedded.text_gaps import GapFiller

_SECOND_US = 1_000_000
_DAY_S = 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PUSHED_SHARE, _FAILED_SHARE = 0.9, 0.01
_PUSH_ERRORS = ("connection timed out", "HTTP 503 from the collector", None)

_SHARES = np.cumsum([text.weight for text in TEXTS]) / sum(text.weight for text in TEXTS)
_SEVERITIES = np.array([text.severity for text in TEXTS])
_HAS_PID = np.array([text.has_pid for text in TEXTS])
_PROGRAMS = pa.array([text.program for text in TEXTS])
_PRIORITIES = pa.array([f"<{8 * text.facility + text.severity}>" for text in TEXTS])
_STRUCTURED = pa.array(
    [
        f'{{"priority": {8 * text.facility + text.severity}, "facility": {text.facility}, '
        f'"severity_code": {text.severity}'
        for text in TEXTS
    ]
)
_CLOCK = pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(_DAY_S)])


class LogMaker:
    """Makes the rows of one sample in order; `dirt` counts what has been made so far."""

    def __init__(self, rng: np.random.Generator, curve: DailyCurve, devices: pa.Table, filler: GapFiller) -> None:
        self.dirt: Counter[str] = Counter()
        self._rng = rng
        self._curve = curve
        self._devices = devices
        self._filler = filler
        self._days = pa.array([_format_day(curve, number) for number in range(curve.days)])

    def make_chunk(self, first: int, row_count: int, total: int) -> pa.Table:
        """Return `row_count` of `total` rows, in time order; row 0 has id 1, `first` is the first here."""
        texts = self._draw_texts(row_count)
        return self._make_rows(first, texts, self._curve.spread(self._rng, first, row_count, total))

    def make_at(self, first: int, moments: Micros) -> pa.Table:
        """Return a row for each of `moments`, which lie within the curve's days; the ids begin with `first + 1`."""
        return self._make_rows(first, self._draw_texts(moments.size), moments)

    def _draw_texts(self, row_count: int) -> npt.NDArray[np.int64]:
        return np.searchsorted(_SHARES, self._rng.random(row_count), side="right")

    def _make_rows(self, first: int, texts: npt.NDArray[np.int64], moments: Micros) -> pa.Table:
        rng, row_count = self._rng, moments.size
        message_dirt = draw_dirt(rng, row_count, MESSAGE_DIRT)
        messages = make_messages(rng, self._filler, texts, message_dirt)
        levels, level_counts = make_levels(rng, _SEVERITIES[texts], draw_dirt(rng, row_count, LEVEL_DIRT))
        device_dirt = draw_dirt(rng, row_count, DEVICE_DIRT)
        self._count(message_dirt | device_dirt, level_counts)
        columns = {"id": pa.array(np.arange(first + 1, first + row_count + 1))}
        columns |= self._make_device_columns(row_count, device_dirt)
        hosts = columns.pop("host")
        columns |= {"timestamp": to_timestamps(moments), "log_level": levels}
        columns |= self._make_texts(texts, moments, hosts, messages)
        return pa.table(columns | self._make_push_columns(moments))

    def _count(self, dirt: dict[str, Rows], counts: dict[str, int]) -> None:
        self.dirt.update({kind: rows.size for kind, rows in dirt.items()})
        self.dirt.update(counts)

    def _make_device_columns(self, row_count: int, dirt: dict[str, Rows]) -> dict[str, pa.Array]:
        """Draw the devices, few of which say most; `host` is the name that the syslog line shows."""
        places = (self._rng.random(row_count) ** 2 * len(self._devices)).astype(np.int64)
        names = _take(self._devices["name"], places)
        return {
            "device_id": pc.replace_with_mask(
                _take(self._devices["id"], places),
                _mask(row_count, dirt["null_devices"]),
                pa.scalar(None, pa.int32()),
            ),
            "device_ip": pc.if_else(
                _mask(row_count, dirt["host_name_ips"]), names, _take(self._devices["ip_address"], places)
            ),
            "host": names,
        }

    def _make_texts(
        self, texts: npt.NDArray[np.int64], moments: Micros, hosts: pa.Array, messages: pa.Array
    ) -> dict[str, pa.Array]:
        """Return the line `<PRI>Mon dd hh:mm:ss host program[pid]: text` and columns that agree with it."""
        programs = _take(_PROGRAMS, texts)
        has_pid = pa.array(_HAS_PID[texts])
        pids = self._filler.draw("pid", texts.size)
        pid_tags = pc.if_else(has_pid, pc.binary_join_element_wise("[", pids, "]", ""), "")
        seconds = (moments - self._curve.start_us) // _SECOND_US
        line = pc.binary_join_element_wise(
            _take(_PRIORITIES, texts),
            _take(self._days, seconds // _DAY_S),
            _take(_CLOCK, seconds % _DAY_S),
            " ",
            hosts,
            " ",
            programs,
            pid_tags,
            ": ",
            messages,
            "\n",
            "",
        )
        pid_members = pc.if_else(has_pid, pc.binary_join_element_wise(', "pid": ', pids, ""), "")
        structured = pc.binary_join_element_wise(_take(_STRUCTURED, texts), pid_members, "}", "")
        return {
            "process_name": programs,
            "message": messages,
            "raw_message": line,
            "structured_data": structured,
        }

    def _make_push_columns(self, moments: Micros) -> dict[str, pa.Array]:
        """Nine rows in ten were pushed, a few seconds later; one in a hundred shows a first error."""
        rng, row_count = self._rng, moments.size
        pushed = rng.random(row_count) < _PUSHED_SHARE
        failed = rng.random(row_count) < _FAILED_SHARE
        delays = rng.integers(_SECOND_US, 30 * _SECOND_US, row_count)
        errors = _take(pa.array(_PUSH_ERRORS), rng.integers(0, len(_PUSH_ERRORS), row_count))
        return {
            "pushed_to_ai": pa.array(pushed),
            "pushed_at": pc.if_else(pa.array(pushed), to_timestamps(moments + delays), None),
            "push_attempts": pa.array(pushed.astype(np.int32) + failed.astype(np.int32)),
            "last_push_error": pc.if_else(pa.array(failed), errors, None),
        }


def _format_day(curve: DailyCurve, number: int) -> str:
    """Return the day as in a syslog line (RFC 3164): `Jul  1 `."""
    day: date = curve.last_day - timedelta(days=curve.days - 1 - number)
    return f"{_MONTHS[day.month - 1]} {day.day:2d} "


def _take(values: pa.Array | pa.ChunkedArray, places: npt.NDArray[np.int64]) -> pa.Array:
    """Return `values` at `places` as one array."""
    taken = values.take(pa.array(places))
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def _mask(row_count: int, rows: Rows) -> pa.Array:
    mask = np.zeros(row_count, dtype=np.bool_)
    mask[rows] = True
    return pa.array(mask)
