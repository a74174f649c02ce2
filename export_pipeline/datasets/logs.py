"""Device logs: one row a syslog message, as the collector stored it."""

import pyarrow as pa

from export_pipeline.datasets.columns import DerivedColumn, SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.devices import DEVICE
from export_pipeline.extract.names import TableName
from export_pipeline.schemas.rules import between, matches, not_before, syslog_level
from export_pipeline.transforms.canonicalize_level import CanonicalizeLevel
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline.transforms.extract_metadata import ExtractMetadata
from export_pipeline.transforms.flatten_json import FlattenJson, JsonField
from export_pipeline.transforms.normalize_address import NormalizeAddress
from export_pipeline.transforms.side_table import JoinedColumn
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.transforms.transform import Lookup

_UTC_MICROSECONDS = pa.timestamp("us", "UTC")

LOGS = Dataset(
    name="logs",
    description="Device logs: one row a syslog message, cleaned, with what its syslog line says taken apart.",
    table=TableName("log_entries"),
    key=("id",),
    time_column="timestamp",
    columns=(
        SourceColumn("id", "int4", "Number of the log entry", required=True),
        SourceColumn("device_id", "int4", "The device that sent it, see `device_name`"),
        SourceColumn(
            "device_ip",
            "varchar",
            "Address of the device as the collector saw it; sometimes a host name",
            rules=(matches(r"^[0-9A-Za-z_.:-]{1,45}$", "address or host name"),),
            low_cardinality=True,
        ),
        SourceColumn("timestamp", "timestamp", "When the device wrote it, in UTC", required=True),
        SourceColumn(
            "log_level",
            "varchar",
            "Syslog severity word in upper case; a word that is none stays as it came",
            rules=(syslog_level(),),
            low_cardinality=True,
        ),
        SourceColumn("process_name", "varchar", "Program that wrote it", low_cardinality=True),
        SourceColumn(
            "message",
            "text",
            "The text, without ANSI codes, control characters and runs of blanks",
            required=True,
        ),
        SourceColumn("raw_message", "text", "The syslog line as it came"),
        SourceColumn("structured_data", "json", "What the collector parsed from the line, as JSON"),
        SourceColumn("pushed_to_ai", "bool", "Whether the entry was handed on to analysis"),
        SourceColumn("pushed_at", "timestamp", "When it was handed on, in UTC", rules=(not_before("timestamp"),)),
        SourceColumn("push_attempts", "int4", "How often that was tried", rules=(between(0, 1_000_000),)),
        SourceColumn("last_push_error", "text", "What the last try failed with", low_cardinality=True),
    ),
    transforms=(
        StandardizeTimestamps(columns=("timestamp", "pushed_at"), zone="UTC"),
        CanonicalizeLevel(column="log_level"),
        CleanMessage(columns=("message",)),
        ExtractMetadata(raw_column="raw_message", message_column="message"),
        FlattenJson(
            column="structured_data",
            fields=(
                JsonField("priority", "int32"),
                JsonField("facility", "int32"),
                JsonField("severity_code", "int32"),
            ),
        ),
        NormalizeAddress(column="device_ip", host_output="device_host"),
        EnrichContext(
            key="device_id",
            lookup=Lookup("devices", ("id", "name")),
            outputs=(JoinedColumn("name", "device_name"),),
        ),
    ),
    retyped={"timestamp": _UTC_MICROSECONDS, "pushed_at": _UTC_MICROSECONDS},
    owners=("team:network-monitoring",),
    relations=(DEVICE,),
    chart_by="log_level",
    derived=(
        DerivedColumn("syslog_severity", pa.int8(), "Severity of `log_level`, 0 (emergency) to 7 (debug); RFC 5424"),
        DerivedColumn("pri_facility", pa.int8(), "Facility in the syslog line's PRI, 0 to 23"),
        DerivedColumn("pri_severity", pa.int8(), "Severity in the syslog line's PRI, 0 to 7"),
        DerivedColumn("syslog_host", pa.string(), "Host in the syslog line", low_cardinality=True),
        DerivedColumn("syslog_program", pa.string(), "Program in the syslog line", low_cardinality=True),
        DerivedColumn("syslog_pid", pa.int32(), "Process id in the syslog line"),
        DerivedColumn("mentioned_addresses", pa.list_(pa.string()), "IP addresses in the text, in order, each once"),
        DerivedColumn("structured_data_priority", pa.int32(), "`priority` in `structured_data`"),
        DerivedColumn("structured_data_facility", pa.int32(), "`facility` in `structured_data`"),
        DerivedColumn("structured_data_severity_code", pa.int32(), "`severity_code` in `structured_data`"),
        DerivedColumn("ip_version", pa.int8(), "4 or 6, where `device_ip` is an address"),
        DerivedColumn("is_private", pa.bool_(), "Whether `device_ip` is a private address"),
        DerivedColumn("device_host", pa.string(), "`device_ip` where it is a host name", low_cardinality=True),
        DerivedColumn("device_name", pa.string(), "The device's name at the time of the export", low_cardinality=True),
    ),
)
