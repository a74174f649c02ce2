"""The rows of `ip_addresses` of the sample: IPv4, IPv6 and a few networks, private and public, each once."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import numpy as np
import pyarrow as pa

from export_pipeline.embedded.daily_curve import DailyCurve, to_timestamps

_IPV6_SHARE, _NETWORK_SHARE, _PRIVATE_SHARE = 0.15, 0.02, 0.3
_COUNTRIES = ("US", "DE", "CN", "NL", "BR", "RU", "FR", "IN", None)
_TAGS = ("{scanner}", "{tor,proxy}", '{"brute force",ssh}', "{cdn}", "{}", None)
# Public space of every day, so that nothing drawn is reserved or multicast.
_IPV6_PREFIX = 0x2A00_0000_0000_0000 << 64
_HOST_BITS = {"10.0.0.0": 24, "172.16.0.0": 20, "192.168.0.0": 16}


def draw_addresses(rng: np.random.Generator, address_count: int) -> list[str]:
    """Return `address_count` different addresses in PostgreSQL's own text form, networks with their `/24`."""
    drawn: dict[str, None] = {}
    while len(drawn) < address_count:
        drawn[_draw_address(rng)] = None
    return list(drawn)


def make_addresses(rng: np.random.Generator, curve: DailyCurve, addresses: list[str]) -> pa.Table:
    """Return the rows of `ip_addresses` for `addresses`, first seen in that order."""
    row_count = len(addresses)
    first_seen = curve.spread(rng, 0, row_count, max(row_count, 1))
    last_seen = first_seen + ((curve.end_us - first_seen) * rng.random(row_count)).astype(np.int64)
    # A third is harmless; the rest spreads over the whole scale, both ends included.
    risk_cents = np.where(rng.random(row_count) < 1 / 3, 0, rng.integers(0, 10_001, row_count))
    return pa.table(
        {
            "address": pa.array(addresses, pa.string()),
            "first_seen": to_timestamps(first_seen).cast(pa.timestamp("us", "UTC")),
            "last_seen": to_timestamps(last_seen).cast(pa.timestamp("us", "UTC")),
            "risk_score": pa.array([f"{cents // 100}.{cents % 100:02d}" for cents in risk_cents.tolist()]),
            "country": _draw_from(rng, _COUNTRIES, row_count),
            "tags": _draw_from(rng, _TAGS, row_count),
            "request_count": pa.array(np.floor(rng.pareto(1.2, row_count) * 10).astype(np.int64) + 1),
        }
    )


def _draw_address(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < _IPV6_SHARE:
        # inet_ntop's form, which PostgreSQL prints too: these differ only for mapped addresses.
        return str(IPv6Address(_IPV6_PREFIX | int.from_bytes(rng.bytes(13))))
    if kind < _IPV6_SHARE + _NETWORK_SHARE:
        return str(ip_network((_draw_ipv4(rng), 24), strict=False))
    return str(IPv4Address(_draw_ipv4(rng)))


def _draw_ipv4(rng: np.random.Generator) -> int:
    if rng.random() < _PRIVATE_SHARE:
        base, bits = list(_HOST_BITS.items())[rng.integers(0, len(_HOST_BITS))]
        return int(IPv4Address(base)) | int(rng.integers(1, 1 << bits))
    return int(rng.integers(20, 100)) << 24 | int(rng.integers(1, 1 << 24))


def _draw_from(rng: np.random.Generator, pool: tuple[str | None, ...], row_count: int) -> pa.Array:
    return pa.array(pool, pa.string()).take(pa.array(rng.integers(0, len(pool), row_count)))
