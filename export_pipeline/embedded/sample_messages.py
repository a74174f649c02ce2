"""The messages of the sample: texts of many programs, some of them soiled as terminals and bad firmware do.

The texts themselves: `syslog_texts`. The syslog line around a message: `sample_logs`.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.embedded.dirt import Rows
from export_pipeline.embedded.syslog_texts import TEXTS
from export_pipeline.embedded.text_gaps import GapFiller

_COLOURS = ("\x1b[31m", "\x1b[1;33m", "\x1b[0;36m")
_CONTROLS = ("\x01", "\x07", "\x08", "\x1f")
_BLANK_RUNS = ("   ", " \u00a0 ", "\u2003\u2003", "\u3000 ")
_BROKEN_JSON = 'event {{"type": "login", "user": "{user}", "from": {{"ip": "{ip}", "port": '


def make_messages(
    rng: np.random.Generator, filler: GapFiller, texts: npt.NDArray[np.int64], dirt: Mapping[str, Rows]
) -> pa.Array:
    """Return one message a row: row i has the text `TEXTS[texts[i]]`, soiled if `dirt` names the row."""
    clean = _fill_texts(filler, texts)
    parts, places = [clean], np.arange(len(clean))
    for kind, rows in dirt.items():
        places[rows] = sum(map(len, parts)) + np.arange(rows.size)
        parts.append(_soil(rng, filler, kind, clean.take(pa.array(rows))))
    return pa.concat_arrays(parts).take(pa.array(places))


def _fill_texts(filler: GapFiller, texts: npt.NDArray[np.int64]) -> pa.Array:
    """Fill each text once for all of its rows, then put the rows back in order."""
    order = np.argsort(texts, kind="stable")
    counts = np.bincount(texts, minlength=len(TEXTS)).tolist()
    filled = [filler.fill(text.text, count) for text, count in zip(TEXTS, counts, strict=True)]
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    return pa.concat_arrays(filled).take(pa.array(back))


def _soil(rng: np.random.Generator, filler: GapFiller, kind: str, messages: pa.Array) -> pa.Array:
    """Return `messages` with one `kind` of dirt; each has at least one blank to replace."""
    if kind == "ansi_messages":
        return pc.binary_join_element_wise(_draw(rng, _COLOURS, len(messages)), messages, "\x1b[0m", "")
    if kind == "tab_messages":
        return pc.replace_substring(messages, " ", "\t", max_replacements=1)
    if kind == "control_messages":
        return _replace_first_blank(messages, _draw(rng, _CONTROLS, len(messages)))
    if kind == "blank_run_messages":
        return _replace_first_blank(messages, _draw(rng, _BLANK_RUNS, len(messages)))
    return filler.fill(_BROKEN_JSON, len(messages))


def _replace_first_blank(messages: pa.Array, replacements: pa.Array) -> pa.Array:
    """Put `replacements`, one a row, where each message has its first blank."""
    halves = pc.split_pattern(messages, " ", max_splits=1)
    return pc.binary_join_element_wise(pc.list_element(halves, 0), pc.list_element(halves, 1), replacements)


def _draw(rng: np.random.Generator, pool: tuple[str, ...], row_count: int) -> pa.Array:
    return pa.array(pool).take(pa.array(rng.integers(0, len(pool), row_count)))
