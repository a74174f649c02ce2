"""The devices: no dataset of their own, but what rows of others belong to."""

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.relation import Relation
from export_pipeline.extract.names import TableName

DEVICE = Relation(
    name="device",
    description="The device, as it is known at the time of the export",
    table=TableName("devices"),
    key="id",
    column="device_id",
    columns=(
        SourceColumn("id", "int4", "Number of the device"),
        SourceColumn("name", "varchar", "Its name", low_cardinality=True),
        SourceColumn("ip_address", "varchar", "Its address", low_cardinality=True),
        SourceColumn("description", "text", "What it is", low_cardinality=True),
        SourceColumn("created_at", "timestamp", "When it was entered, in UTC"),
        SourceColumn("updated_at", "timestamp", "When its entry was last changed, in UTC"),
    ),
)
