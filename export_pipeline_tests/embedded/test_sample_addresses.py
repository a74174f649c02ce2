from datetime import date
from ipaddress import ip_interface

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.embedded.daily_curve import DailyCurve
from export_pipeline.embedded.sample_addresses import draw_addresses, make_addresses


@given(address_count=st.integers(0, 300), seed=st.integers(0, 20))
def test_addresses_differ_and_are_valid(address_count: int, seed: int) -> None:
    addresses = draw_addresses(np.random.default_rng(seed), address_count)
    assert len({ip_interface(address) for address in addresses}) == address_count
    assert not any(ip_interface(address).is_multicast for address in addresses)


def test_addresses_are_of_every_sort() -> None:
    addresses = draw_addresses(np.random.default_rng(1), 2_000)
    assert 200 < sum(":" in address for address in addresses) < 400
    assert 20 < sum(address.endswith("/24") for address in addresses) < 80
    assert 300 < sum(ip_interface(address).is_private for address in addresses) < 800


def test_rows_are_in_the_order_first_seen_and_within_the_window() -> None:
    rng, curve = np.random.default_rng(1), DailyCurve(date(2026, 11, 20), 3)
    rows = make_addresses(rng, curve, draw_addresses(rng, 500))
    first, last = (rows[name].to_numpy().astype(np.int64) for name in ("first_seen", "last_seen"))
    assert (np.diff(first) >= 0).all()
    assert (first <= last).all()
    assert last.max() <= curve.end_us
    assert {float(score) for score in rows["risk_score"].to_pylist()} <= {cents / 100 for cents in range(10_001)}
