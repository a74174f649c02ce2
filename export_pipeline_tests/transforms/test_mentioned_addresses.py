import ipaddress
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.transforms.mentioned_addresses import ADDRESSES_TYPE, canonical_addresses, find_addresses

V4 = st.ip_addresses(v=4).map(str)
V6 = st.ip_addresses(v=6).map(str)
LONG_V6 = st.ip_addresses(v=6).map(lambda address: address.exploded.upper())
GLUE = st.sampled_from(
    [" ", ".", ":", ",", "[", "]", "/", "%", "=", "_", "-", "x", "1", "ff", "é", "::", "::1", "1.2.3.4"]
)
TEXTS = st.lists(V4 | V6 | LONG_V6 | GLUE, max_size=8).map("".join) | st.text("0123.:af ", max_size=40) | st.text()


def find(text: str | None) -> list[str] | None:
    found: list[str] | None = find_addresses(pa.array([text], pa.string()))[0].as_py()
    return found


def as_address(text: str, parse: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> str | None:
    try:
        address = parse(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return f"::ffff:{mapped}" if mapped else str(address)


def find_slowly(text: str) -> list[str]:
    """Look at every word, in plain Python."""
    found: dict[str, None] = {}
    for word in re.findall("[0-9A-Za-z_.:]+", text):
        trimmed = re.sub(r"^\.+|\.+$", "", word)
        shorter = re.sub(r"\.*:$", "", trimmed)
        whole = as_address(trimmed, ipaddress.IPv6Address) or as_address(shorter, ipaddress.IPv6Address)
        parts = [as_address(part.strip("."), ipaddress.IPv4Address) for part in trimmed.split(":")]
        found |= dict.fromkeys([whole] if whole else [part for part in parts if part])
    return list(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Server listening on 0.0.0.0 port 22.", ["0.0.0.0"]),
        ("Server listening on :: port 22.", ["::"]),
        ("from 10.0.0.1:443, [::1]:80 and 10.0.0.2.", ["10.0.0.1", "::1", "10.0.0.2"]),
        ("rhost=1.2.3.4 user@5.6.7.8;(9.9.9.9)", ["1.2.3.4", "5.6.7.8", "9.9.9.9"]),
        ("again 10.0.0.1, 10.0.0.2, 10.0.0.1", ["10.0.0.1", "10.0.0.2"]),
        ("2001:0DB8:0:0:0:0:0:1 is 2001:db8::1", ["2001:db8::1"]),
        ("1:2:3:4:5:6:7:8", ["1:2:3:4:5:6:7:8"]),
        ("::ffff:10.0.0.1", ["::ffff:10.0.0.1"]),
        ("peer ::1: closed, fe80::: closed", ["::1", "fe80::"]),
        ("fe80::1%eth0 and 10.0.0.0/8", ["fe80::1", "10.0.0.0"]),
        ("inet addr:10.0.0.1:", ["10.0.0.1"]),
        ("10.0.0.1-10.0.0.9", ["10.0.0.1", "10.0.0.9"]),
        ("std::string at 12:34:56, v1.2.3.4, 1.2.3.4.5, 256.1.1.1, 01.2.3.4", []),
        ("mac 00:11:22:33:44:55, 1.2.3.4_x, ssh-1.2.3", []),
        ("nothing", []),
        ("", []),
        (None, None),
    ],
)
def test_addresses_are_told_from_what_looks_like_one(text: str | None, expected: list[str] | None) -> None:
    assert find(text) == expected


@given(text=TEXTS)
def test_found_addresses_agree_with_a_slow_search(text: str) -> None:
    assert find(text) == find_slowly(text)


@given(texts=st.lists(st.none() | TEXTS))
def test_each_row_gets_its_own_addresses(texts: list[str | None]) -> None:
    found = find_addresses(pa.array(texts, pa.string()))
    found.validate(full=True)
    assert found.type == ADDRESSES_TYPE
    assert found.to_pylist() == [None if text is None else find_slowly(text) for text in texts]


@given(address=V4 | V6)
def test_canonical_text_is_a_fixed_point(address: str) -> None:
    (once,) = canonical_addresses(address)
    assert canonical_addresses(once) == (once,)
    assert ipaddress.ip_address(once) == ipaddress.ip_address(address)


def test_one_word_may_mention_several_addresses_and_another_none() -> None:
    texts = pa.array(["tunnel 10.0.0.1:10.0.0.2 up", "version 1.2.3.4.5", "again 10.0.0.2"], pa.string())
    assert find_addresses(texts).to_pylist() == [["10.0.0.1", "10.0.0.2"], [], ["10.0.0.2"]]
