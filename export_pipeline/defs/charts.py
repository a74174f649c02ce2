"""Small charts of how an export's rows spread, as SVG inside Markdown.

The UI shows Markdown of less than 1,000 characters at once and a longer one behind a click, so every character of a
picture counts: one path for all bars, no style sheet. Its colours are legible on light and on dark ground.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from export_pipeline.row_counts import Timeline, ValueCounts

_WIDTH: Final = 288
_HEIGHT: Final = 60
_LINE: Final = 15
_BARS_FROM: Final = 170
_TOP_VALUES: Final = 8
_LABEL_CHARACTERS: Final = 16
_UNFIT: Final = re.compile(
    r"[^\u0020-\u007e\u00a0-\u1fff\u2010-\u2027\u2030-\u205f\u2070-\ud7ff\uf900-\ufffd\U00010000-\U0010fffd]"
)
"""What XML does not allow, or what would turn the text around it."""


def timeline_chart(timeline: Timeline) -> str:
    """Return rows over time as a Markdown image: a bar an hour or a minute, times in UTC."""
    rows, unit = [int(count) for count in timeline.rows], _unit(timeline)
    most, pitch = max(rows), max(1, _WIDTH // len(rows))
    heights = [_HEIGHT if not count else _HEIGHT - max(1, round((_HEIGHT - _LINE) * count / most)) for count in rows]
    outline = "".join(f"V{height}h{pitch}" for height in heights)
    middle = len(rows) // 2
    texts = [
        _text(0, 11, f"most {most:,} rows in {unit}; UTC"),
        *(_text(bar * pitch, _HEIGHT + 12, _clock(timeline, bar)) for bar in (0, middle)),
        _text(len(rows) * pitch - 30, _HEIGHT + 12, _clock(timeline, len(rows))),
    ]
    drawing = f'<path fill="#4c7ccf" d="M0 {_HEIGHT}{outline}V{_HEIGHT}z"/>'
    return _image(f"rows in {unit}", _HEIGHT + _LINE, drawing + "".join(texts))


def values_chart(counts: ValueCounts) -> str:
    """Return rows per value as a Markdown image: the eight most frequent ones, all others together, NULL by itself."""
    bars = _bars(counts)
    most = max(rows for _, rows in bars)
    path = "".join(
        f"M{_BARS_FROM} {line * _LINE + 7}h{max(1, round((_WIDTH - _BARS_FROM) * rows / most))}"
        for line, (_, rows) in enumerate(bars)
    )
    texts = "".join(f'<text y="{line * _LINE + 11}">{label} {rows:,}</text>' for line, (label, rows) in enumerate(bars))
    drawing = f'<path stroke="#4c7ccf" stroke-width="9" d="{path}"/>'
    return _image("rows per value", len(bars) * _LINE, drawing + texts)


def _bars(counts: ValueCounts) -> Sequence[tuple[str, int]]:
    """Return label (as XML) and rows of each bar; what stands for no text of the data is in italics."""
    ranked = [(value, rows) for value, rows in counts.rows.most_common() if value is not None]
    bars = [(_label(value), rows) for value, rows in ranked[:_TOP_VALUES]]
    rest = counts.other + sum(rows for _, rows in ranked[_TOP_VALUES:])
    special = {"other": rest, "NULL": counts.rows[None]}
    return [*bars, *((f"<tspan font-style='italic'>{name}</tspan>", rows) for name, rows in special.items() if rows)]


def _label(value: object) -> str:
    text = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", str(value)).strip()
    short = text if len(text) <= _LABEL_CHARACTERS else text[: _LABEL_CHARACTERS - 1] + "…"
    return escape(short) or "<tspan font-style='italic'>empty</tspan>"


def _unit(timeline: Timeline) -> str:
    return "an hour" if timeline.width == timedelta(hours=1) else "a minute"


def _clock(timeline: Timeline, bar: int) -> str:
    moment: datetime = timeline.start + bar * timeline.width
    return f"{moment:%H:%M}"


def _text(x: int, y: int, text: str) -> str:
    return f'<text x="{x}" y="{y}">{text}</text>'


def _image(meaning: str, height: int, drawing: str) -> str:
    size = f'width="{_WIDTH}" height="{height}"'
    font = 'font-family="sans-serif" font-size="11" fill="#888"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>{drawing}</svg>'
    return f"![{meaning}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"
