"""Fill the gaps of syslog texts with drawn values, many rows at a time.

The texts are in `syslog_texts`. A gap named twice in one text is drawn once, as in a real line.
"""

from collections.abc import Callable, Sequence
from string import Formatter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_USERS = (
    "root",
    "admin",
    "alice",
    "bob",
    "carol",
    "deploy",
    "backup",
    "git",
    "oracle",
    "pi",
    "jürgen",
    "zoë",
)
_DOMAINS = (
    "example.org",
    "mail.example.net",
    "cdn.example.com",
    "ntp.example.edu",
    "bücher.example",
    "intranet",
)
_UNITS = ("nginx", "postgresql", "redis", "prometheus", "snapd", "bluetooth", "avahi", "docker", "grafana")
_PATHS = ("index.html", "api/v1/devices", "login", "metrics", "static/app.js", "backup.sh", "favicon.ico")
_POOL_ROWS = 8192  # of each gap whose values are made, not listed


class GapFiller:
    """Draws the values of every gap; `hosts` are the addresses to mention, most often the first."""

    def __init__(self, rng: np.random.Generator, hosts: Sequence[str]) -> None:
        self._rng = rng
        listed = {"user": _USERS, "domain": _DOMAINS, "unit": _UNITS, "path": _PATHS, "ip": hosts}
        self._pools = {gap: pa.array(values, pa.string()) for gap, values in listed.items()}
        self._pools["mac"] = self._make_pool(lambda: ":".join(f"{byte:02x}" for byte in rng.bytes(6)))
        self._pools["hex"] = self._make_pool(lambda: rng.bytes(6).hex())
        for gap, (low, high) in {
            "port": (1024, 65536),
            "pid": (300, 32768),
            "small": (0, 8),
            "milli": (100, 1000),
            "number": (100, 10_000_000),
            "count": (100, 10_000_000),
        }.items():
            self._pools[gap] = pc.cast(pa.array(rng.integers(low, high, _POOL_ROWS)), pa.string())

    def draw(self, gap: str, row_count: int) -> pa.Array:
        """Return `row_count` drawn values of `gap`, as text."""
        pool = self._pools[gap]
        share = self._rng.random(row_count)
        if gap == "ip":
            share **= 3  # few addresses make most of the traffic
        return pool.take(pa.array((share * len(pool)).astype(np.int64)))

    def fill(self, text: str, row_count: int) -> pa.Array:
        """Return `row_count` copies of `text`, their gaps filled."""
        drawn: dict[str, pa.Array] = {}
        pieces: list[pa.Array | pa.Scalar] = [pa.scalar("")]
        for literal, gap, _, _ in Formatter().parse(text):
            pieces.append(pa.scalar(literal))
            if gap:
                if gap not in drawn:
                    drawn[gap] = self.draw(gap, row_count)
                pieces.append(drawn[gap])
        if not drawn:
            return pa.array([text] * row_count, pa.string())
        return pc.binary_join_element_wise(*pieces, "")

    def _make_pool(self, make: Callable[[], str]) -> pa.Array:
        return pa.array([make() for _ in range(_POOL_ROWS)], pa.string())
