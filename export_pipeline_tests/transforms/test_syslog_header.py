import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.transforms.syslog_header import HEADER_FIELDS, _arrays, _read_unusual, read_headers

Header = tuple[int | None, int | None, str | None, str | None, int | None]
NOTHING: Header = (None, None, None, None, None)
WORDS = st.text("abcxyz019-", min_size=1, max_size=8)


def read(line: str | None) -> Header:
    facility, severity, host, program, pid = (array[0].as_py() for array in read_headers(pa.array([line], pa.string())))
    return facility, severity, host, program, pid


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<8>Jul  1 04:56:35 RT-AX3000 WATCHDOG: restart\n", (1, 0, "RT-AX3000", "WATCHDOG", None)),
        (
            "<86>Mar 27 13:06:56 ip-10-77-20-248 sshd[1291]: Server\n",
            (10, 6, "ip-10-77-20-248", "sshd", 1291),
        ),
        ("<34>Oct 11 22:14:15 10.1.2.3 su(pam_unix)[7]: x", (4, 2, "10.1.2.3", "su(pam_unix)", 7)),
        ("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", (1, 5, "10.0.0.99", None, None)),
        ("<30>Jul  1 04:56:35 dnsmasq[123]: no host", (3, 6, None, "dnsmasq", 123)),
        ("<4>Jul  1 04:56:35 kernel: no host", (0, 4, None, "kernel", None)),
        ("<13>Jul  1 04:56:35 fe80::1 cron[x-1]: tag", (1, 5, "fe80::1", "cron", None)),
        ("<13>Jul  1 04:56:35 lonely\n", (1, 5, "lonely", None, None)),
        ("<13>2024-05-01T12:00:00.5+02:00 web nginx: x", (1, 5, "web", "nginx", None)),
        ("Jul  1 04:56:35 nopri cron[5]: x", (None, None, "nopri", "cron", 5)),
        ("<191>rubbish behind a PRI", (23, 7, None, None, None)),
        ("<192>Jul  1 04:56:35 h p: PRI too large", (None, None, "h", "p", None)),
        ("<13>Jul  1 04:56:35 h p[2147483647]: x", (1, 5, "h", "p", 2**31 - 1)),
        ("<13>Jul  1 04:56:35 h p[2147483648]: x", (1, 5, "h", "p", None)),
        ("<13>Jul  1 04:56:35 h p[99999999999999999999999]: x", (1, 5, "h", "p", None)),
        (
            "<165>1 2003-10-11T22:14:15.003Z mymachine evntslog 42 ID47 [x] text",
            (20, 5, "mymachine", "evntslog", 42),
        ),
        ("<165>1 - mymachine app - - -", (20, 5, "mymachine", "app", None)),
        ("<14>1 2024-01-01T00:00:00Z - - - -", (1, 6, None, None, None)),
        ("<14>1 2024-01-01T00:00:00Z h app 12ab ID x", (1, 6, "h", "app", None)),
        ("GET /index.html 200", NOTHING),
        ("", NOTHING),
        (None, NOTHING),
    ],
)
def test_header_is_read_as_far_as_it_goes(line: str | None, expected: Header) -> None:
    assert read(line) == expected


@given(pri=st.integers(0, 191), host=WORDS, program=WORDS, pid=st.integers(0, 2**31 - 1), rest=st.text())
def test_both_forms_of_one_header_read_the_same(pri: int, host: str, program: str, pid: int, rest: str) -> None:
    expected = (pri // 8, pri % 8, None if host == "-" else host, None if program == "-" else program, pid)
    assert read(f"<{pri}>1 2024-01-01T00:00:00Z {host} {program} {pid} - {rest}") == expected
    assert read(f"<{pri}>Jan  1 00:00:00 {host} {program}[{pid}]: {rest}") == (
        pri // 8,
        pri % 8,
        host,
        program,
        pid,
    )


@given(lines=st.lists(st.none() | st.text() | st.text("<>0123456789 :[]-1Jan", max_size=30)))
def test_any_line_is_survived(lines: list[str | None]) -> None:
    arrays = read_headers(pa.array(lines, pa.string()))
    assert [array.type for array in arrays] == [field.type for field in HEADER_FIELDS]
    assert {len(array) for array in arrays} == {len(lines)}


HEADERS = st.tuples(
    st.sampled_from(["<8>", "<191>", "<192>", "<1000>", "", "<34>1 "]),
    st.sampled_from(["Jul  1 04:56:35 ", "Mar 27 13:06:56 ", "2026-11-20T05:00:00Z ", "- ", "Mar 27 "]),
    st.sampled_from(["host ", "ip-10-0-0-1 ", "höst ", "a:b ", "", "h[1] "]),
    st.sampled_from(["sshd[1291]: ", "sshd: ", "sshd[x]: ", "sshd[99999999999]: ", "a/b[1] ", "prog ", "p:q: ", ""]),
    st.text(max_size=10),
).map("".join)


@given(st.lists(st.none() | HEADERS, min_size=1, max_size=8))
def test_the_pattern_for_usual_lines_reads_what_the_patterns_for_all_lines_read(lines: list[str | None]) -> None:
    quick = read_headers(pa.array(lines, pa.string()))
    thorough = _arrays(_read_unusual(pl.Series(lines, dtype=pl.String)))
    assert [column.to_pylist() for column in quick] == [column.to_pylist() for column in thorough]
