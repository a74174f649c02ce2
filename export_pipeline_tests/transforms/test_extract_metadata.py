import pyarrow as pa

from export_pipeline.transforms.extract_metadata import ExtractMetadata

BATCH = pa.record_batch(
    {
        "raw": [
            "<86>Mar 27 13:06:56 ip-10-77-20-248 sshd[1291]: Server listening on 0.0.0.0 port 22.\n",
            None,
        ],
        "message": ["Server listening on 0.0.0.0 port 22.", None],
    }
)
HEADER = ["pri_facility", "pri_severity", "syslog_host", "syslog_program", "syslog_pid"]


def test_both_halves_are_appended_header_first() -> None:
    result = ExtractMetadata("raw", "message").apply(BATCH)
    assert result.schema.names == ["raw", "message", *HEADER, "mentioned_addresses"]
    assert result.slice(0, 1).to_pylist()[0] == {
        **BATCH.to_pylist()[0],
        "pri_facility": 10,
        "pri_severity": 6,
        "syslog_host": "ip-10-77-20-248",
        "syslog_program": "sshd",
        "syslog_pid": 1291,
        "mentioned_addresses": ["0.0.0.0"],
    }


def test_null_row_gives_nulls_only() -> None:
    assert set(ExtractMetadata("raw", "message").apply(BATCH).to_pylist()[1].values()) == {None}


def test_raw_column_alone_gives_the_header_alone() -> None:
    assert ExtractMetadata(raw_column="raw").apply(BATCH).schema.names == ["raw", "message", *HEADER]


def test_message_column_alone_gives_the_addresses_alone() -> None:
    result = ExtractMetadata(message_column="message").apply(BATCH)
    assert result.schema.names == ["raw", "message", "mentioned_addresses"]
