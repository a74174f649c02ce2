"""IP addresses: one row an address that was seen. It lies in the partition of the day it was first seen."""

import pyarrow as pa

from export_pipeline.datasets.columns import DerivedColumn, SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.extract.names import TableName
from export_pipeline.schemas.rules import between, matches, not_before
from export_pipeline.transforms.normalize_address import NormalizeAddress
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps

IPS = Dataset(
    name="ips",
    description="IP addresses seen in the logs, with their risk, country and number of requests.",
    table=TableName("ip_addresses"),
    key=("address",),
    time_column="first_seen",
    columns=(
        SourceColumn("address", "inet", "The address; a network shows its prefix length", required=True, personal=True),
        SourceColumn("first_seen", "timestamptz", "When it was first seen; never moves", required=True),
        SourceColumn("last_seen", "timestamptz", "When it was last seen", rules=(not_before("first_seen"),)),
        SourceColumn("risk_score", "numeric(5,2)", "0 (harmless) to 100", rules=(between(0, 100),)),
        SourceColumn(
            "country",
            "bpchar",
            "Two letters of ISO 3166-1",
            rules=(matches("^[A-Z]{2}$", "two capital letters"),),
            low_cardinality=True,
        ),
        SourceColumn("tags", "text[]", "What the address is known for"),
        SourceColumn("request_count", "int8", "Requests seen from it", rules=(between(0, 2**62),)),
    ),
    transforms=(
        StandardizeTimestamps(columns=("first_seen", "last_seen"), zone="UTC"),
        NormalizeAddress(column="address"),
    ),
    retyped={},
    owners=("team:network-monitoring",),
    chart_by="country",
    derived=(
        DerivedColumn("ip_version", pa.int8(), "4 or 6"),
        DerivedColumn("is_private", pa.bool_(), "Whether the address is a private one"),
    ),
)
