import ipaddress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.transforms.normalize_address import NormalizeAddress

Judged = tuple[int | None, bool | None, str | None]
NEITHER: Judged = (None, None, None)


def judge(text: str | None) -> Judged:
    batch = pa.record_batch({"ip": pa.array([text], pa.string())})
    row = NormalizeAddress("ip", host_output="host").apply(batch).to_pylist()[0]
    assert row["ip"] == text
    return row["ip_version"], row["is_private"], row["host"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", (4, True, None)),
        ("8.8.8.8", (4, False, None)),
        (" 192.168.1.1 ", (4, True, None)),
        ("0.0.0.0", (4, True, None)),
        ("2001:4860:4860::8888", (6, False, None)),
        ("FE80::1%eth0", (6, True, None)),
        ("10.0.0.0/24", (4, True, None)),
        ("10.0.0.7/255.255.255.0", (4, True, None)),
        ("10.0.0.1/7", (4, False, None)),
        ("fd00::/8", (6, True, None)),
        ("ip-10-77-20-248", (None, None, "ip-10-77-20-248")),
        ("Core.Example.COM.", (None, None, "core.example.com")),
        ("rt_ax3000", (None, None, "rt_ax3000")),
        ("_dmarc.example", (None, None, "_dmarc.example")),
        ("Zürich-1", (None, None, "zürich-1")),
        ("h", (None, None, "h")),
        (".".join(["a" * 63] * 3), (None, None, ".".join(["a" * 63] * 3))),
        ("a" * 64, NEITHER),
        ("a." * 127 + "a", NEITHER),
        ("10.0.0.256", NEITHER),
        ("10.0.0.1:514", NEITHER),
        ("10.0.0.0/33", NEITHER),
        ("-dash", NEITHER),
        ("two words", NEITHER),
        ("a..b", NEITHER),
        ("n/a", NEITHER),
        (".", NEITHER),
        ("", NEITHER),
        (None, NEITHER),
    ],
)
def test_value_is_an_address_a_host_or_neither(text: str | None, expected: Judged) -> None:
    assert judge(text) == expected


@given(address=st.ip_addresses())
def test_every_address_is_judged_as_ipaddress_does(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert judge(str(address)) == (address.version, address.is_private, None)


@given(text=st.text() | st.text("abC0-_./:", max_size=12))
def test_host_is_a_fixed_point(text: str) -> None:
    host = judge(text)[2]
    assert host is None or judge(host)[2] == host


def test_host_column_appears_only_by_name() -> None:
    batch = pa.record_batch({"ip": ["host"]})
    result = NormalizeAddress("ip", version_output="v", private_output="p").apply(batch)
    assert result.to_pylist() == [{"ip": "host", "v": None, "p": None}]
