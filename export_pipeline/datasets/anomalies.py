"""Anomalies: one row a finding in the logs or metrics of a device."""

import pyarrow as pa

from export_pipeline.datasets.columns import DerivedColumn, SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.devices import DEVICE
from export_pipeline.datasets.logs import LOGS
from export_pipeline.datasets.relation import Relation
from export_pipeline.extract.names import TableName
from export_pipeline.schemas.rules import between, not_before, one_of, within_domain
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline.transforms.side_table import JoinedColumn
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.transforms.transform import Lookup

_UTC_MICROSECONDS = pa.timestamp("us", "UTC")

ANOMALIES = Dataset(
    name="anomalies",
    description="Anomalies found in logs and metrics, with their severity, confidence and state of handling.",
    table=TableName("anomaly_records"),
    key=("id",),
    time_column="timestamp",
    columns=(
        SourceColumn("id", "int4", "Number of the finding", required=True),
        SourceColumn("log_entry_id", "int4", "The log entry it was found in, where it was one"),
        SourceColumn("device_id", "int4", "The device it was found on, see `device_name`"),
        SourceColumn("timestamp", "timestamp", "When it happened, in UTC", required=True),
        SourceColumn("anomaly_type", "varchar", "What kind of anomaly", required=True, low_cardinality=True),
        SourceColumn("severity", "int4", "1 (mild) to 5 (worst)", required=True, rules=(within_domain(1, 5),)),
        SourceColumn("confidence", "float8", "How sure the detector was, 0 to 1", rules=(between(0, 1),)),
        SourceColumn("description", "text", "The detector's words"),
        SourceColumn("metadata", "jsonb", "The detector's details, as JSON"),
        SourceColumn(
            "status",
            "varchar",
            "new, acknowledged, resolved or false_positive",
            rules=(one_of("new", "acknowledged", "resolved", "false_positive"),),
            low_cardinality=True,
        ),
        SourceColumn("created_at", "timestamp", "When the row was made, in UTC"),
        SourceColumn(
            "updated_at",
            "timestamp",
            "When it was last changed, in UTC; NULL when never",
            rules=(not_before("created_at"),),
        ),
    ),
    transforms=(
        StandardizeTimestamps(columns=("timestamp", "created_at", "updated_at"), zone="UTC"),
        EnrichContext(
            key="device_id",
            lookup=Lookup("devices", ("id", "name")),
            outputs=(JoinedColumn("name", "device_name"),),
        ),
    ),
    retyped=dict.fromkeys(("timestamp", "created_at", "updated_at"), _UTC_MICROSECONDS),
    owners=("team:network-monitoring",),
    relations=(
        Relation(
            name="log_entry",
            description="The log entry it was found in, as it is in the source",
            table=LOGS.table,
            key="id",
            column="log_entry_id",
            columns=LOGS.columns,
            dataset=LOGS.name,
        ),
        DEVICE,
    ),
    chart_by="anomaly_type",
    derived=(
        DerivedColumn("device_name", pa.string(), "The device's name at the time of the export", low_cardinality=True),
    ),
)
