"""Reading the header of a syslog line: priority, host, program and process, after RFC 3164 and RFC 5424.

The message behind the header is not looked at; see `mentioned_addresses.py` for that.
"""

from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

HEADER_FIELDS: Final = (
    pa.field("pri_facility", pa.int8()),
    pa.field("pri_severity", pa.int8()),
    pa.field("syslog_host", pa.string()),
    pa.field("syslog_program", pa.string()),
    pa.field("syslog_pid", pa.int32()),
)

_PRI = r"^(?:<(?P<pri>[0-9]{1,3})>)?"
_MAX_PRI = 191  # RFC 5424, 6.2.1: facility 23, severity 7
_ISO_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]+"

# RFC 3164 is a description of what was seen, so this reads what is sent: the time may be ISO (rsyslog's
# forward format), the host may be missing (routers), the program's process may be missing or no number. A
# first word that ends in a colon or holds a bracket is the program, not the host.
_RFC_3164 = (
    _PRI + rf"(?:(?:[A-Z][a-z]{{2}} [ 0-9][0-9] [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}|{_ISO_TIME}) "
    r"(?:(?P<host>[^ \r\n\[\]]*[^ \r\n\[\]:])(?: |\r?\n?$))?"
    r"(?:(?P<program>[^ :\r\n\[\]]+)(?:\[(?:(?P<pid>[0-9]+)|[^ \]]*)\]:?|:))?)?"
)
_RFC_5424 = rf"^<[0-9]{{1,3}}>1 (?:-|{_ISO_TIME}) (?P<host>[^ ]+) (?P<program>[^ ]+) (?P<pid>[^ ]+) [^ ]+"


# The line that nearly every sender writes: half the cost of the pattern above, which agrees wherever this matches.
_USUAL = (
    r"^<(?P<pri>[0-9]{1,3})>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} "
    r"(?P<host>[!-9;-Z^-~]+) (?P<program>[!-9;-Z^-~]+)(?:\[(?P<pid>[0-9]+)\])?:"
)


def read_headers(lines: pa.Array) -> list[pa.Array]:
    """Return the columns of `HEADER_FIELDS` for `lines` (string), NULL where a line does not say.

    A PRI above 191 is none. RFC 5424's nil value `-` and a process id that is no int32 are NULL.
    """
    series = pl.Series("line", lines)
    headers = _columns(series.str.extract_groups(_USUAL))
    unusual = series.is_not_null() & headers["syslog_host"].is_null()
    if not unusual.any():
        return _arrays(headers)
    others = _arrays(_read_unusual(series.filter(unusual)))
    mask = unusual.to_arrow()
    return [pc.replace_with_mask(usual, mask, other) for usual, other in zip(_arrays(headers), others, strict=True)]


def _read_unusual(lines: pl.Series) -> pl.DataFrame:
    old, new = lines.str.extract_groups(_RFC_3164), lines.str.extract_groups(_RFC_5424)
    is_new = new.struct.field("host").is_not_null()
    named = {
        group: new.struct.field(group)
        .set(new.struct.field(group) == "-", None)
        .zip_with(is_new, old.struct.field(group))
        for group in ("host", "program", "pid")
    }
    return _columns(pl.DataFrame({"pri": old.struct.field("pri"), **named}).to_struct())


def _columns(groups: pl.Series) -> pl.DataFrame:
    pri = pl.col("pri").cast(pl.Int16)
    valid_pri = pl.when(pri <= _MAX_PRI).then(pri)
    return groups.struct.unnest().select(
        (valid_pri // 8).alias("pri_facility"),
        (valid_pri % 8).alias("pri_severity"),
        pl.col("host").alias("syslog_host"),
        pl.col("program").alias("syslog_program"),
        pl.col("pid").cast(pl.Int32, strict=False).alias("syslog_pid"),
    )


def _arrays(columns: pl.DataFrame) -> list[pa.Array]:
    return [columns[field.name].to_arrow().cast(field.type) for field in HEADER_FIELDS]
