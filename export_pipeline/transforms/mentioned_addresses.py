"""Finding the IP addresses that a text mentions.

A *word* is a longest run of ASCII letters, digits, `_`, `.` and `:`. A word mentions an address if, less
full stops at its ends, it is an IPv6 address (a colon of the sentence may follow), or else for each IPv4
address between its colons: `10.0.0.1:443`, `addr:10.0.0.1`. So `std::string`, `12:34:56`, `1.2.3.4.5` and
`v1.2.3.4` mention none. Brackets, `%` and `/` end a word: `[::1]:80`, `fe80::1%eth0` and `10.0.0.0/8` give
the bare address.
"""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import polars as pl
import pyarrow as pa

ADDRESSES_TYPE = pa.list_(pa.string())

_REMEMBERED_WORDS = 20_000
"""The same addresses come again batch after batch; parsing one takes 3 µs."""

_WORD = "[0-9A-Za-z_.:]*"
_SIGN = r"(?:[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|::|(?:[0-9A-Fa-f]{1,4}:){6})"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN_V4 = rf"^({_BYTE}(?:\.{_BYTE}){{3}})(?::[0-9]*)?\.*$"


def find_addresses(texts: pa.Array) -> pa.Array:
    """Return for each of `texts` (string) the distinct addresses it mentions, as list<string>.

    They come in the order of their first mention and in canonical text; NULL gives NULL, a text without any
    gives an empty list.
    """
    series = pl.Series("text", texts)
    mentions, addresses = _mentions(series)
    # One number for row and address: telling numbers apart is cheaper than pairs.
    span = max(len(addresses), 1)
    distinct = (
        mentions.select(pl.col("row").cast(pl.Int64) * span + pl.col("code")).to_series().unique(maintain_order=True)
    )
    offsets = distinct.search_sorted(pl.int_range(len(series) + 1, eager=True, dtype=pl.Int64) * span)
    return pa.ListArray.from_arrays(
        offsets.to_arrow().cast(pa.int32()),
        addresses.take((distinct % span).to_arrow()),
        type=ADDRESSES_TYPE,
        mask=series.is_null().to_arrow(),
    )


@lru_cache(_REMEMBERED_WORDS)
def canonical_addresses(word: str) -> tuple[str, ...]:
    """Return the addresses that one word mentions, in canonical text and in order.

    IPv4-mapped ones read `::ffff:10.0.0.1`, as PostgreSQL writes them and RFC 5952 (section 5) recommends.
    """
    trimmed = word.strip(".")
    may_be_v6 = trimmed.count(":") > 1
    for candidate in (trimmed, trimmed.removesuffix(":").rstrip(".")) if may_be_v6 else ():
        if address := _parse_v6(candidate):
            return (address,)
    return tuple(address for part in trimmed.split(":") if (address := _parse_v4(part.strip("."))))


def _mentions(series: pl.Series) -> tuple[pl.DataFrame, pa.Array]:
    """Return `row` (uint32, ascending) and `code` of every mention in `series`, and the addresses by code."""
    words = (
        pl.DataFrame({"word": series.str.extract_all(_WORD + _SIGN + _WORD)})
        .with_row_index("row")
        .explode("word")
        .drop_nulls()
    )
    # The same words come again and again, so each distinct one is judged once.
    coded = words["word"].to_arrow().cast(pa.string()).dictionary_encode()
    numbers: dict[str, int] = {}
    codes = [
        [numbers.setdefault(address, len(numbers)) for address in addresses]
        for addresses in _addresses_of(pl.Series(coded.dictionary))
    ]
    return _spread(words["row"], codes, pl.Series(coded.indices)), pa.array(numbers, pa.string())


def _spread(rows: pl.Series, codes: list[list[int]], words: pl.Series) -> pl.DataFrame:
    """Return `row` and `code` of each mention: `words` are positions in `codes`, one for each of `rows`."""
    if all(len(found) <= 1 for found in codes):  # as nearly always: without lists it takes a quarter of the time
        flat = pl.Series([next(iter(found), None) for found in codes], dtype=pl.Int32)
        return pl.DataFrame({"row": rows, "code": flat.gather(words)}).drop_nulls()
    by_word = pl.Series(codes, dtype=pl.List(pl.Int32))
    return pl.DataFrame({"row": rows, "code": by_word.gather(words)}).explode("code").drop_nulls()


def _addresses_of(words: pl.Series) -> Iterator[tuple[str, ...]]:
    """Yield what each word mentions. Nearly all are plain IPv4, which a pattern settles without Python."""
    plain = words.str.extract(_PLAIN_V4)
    for address, word in zip(plain.to_list(), words.to_list(), strict=True):
        yield (address,) if address else canonical_addresses(word)


def _parse_v4(text: str) -> str | None:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        return None


def _parse_v6(text: str) -> str | None:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return None
    return f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped else str(address)
