"""What the UI shows of a one-off export: its files and figures; of a preview, the rows before and after."""

from collections.abc import Mapping, Sequence

from dagster import MetadataValue, TableColumn, TableRecord, TableSchema

from export_pipeline.defs.metadata import Metadata
from export_pipeline.defs.tables import failures_table, quality_table, sample_table
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished
from export_pipeline.on_demand.preview import Preview
from export_pipeline.on_demand.run import Delivery

_PREVIEWED: int = 20
"""Rows of a preview that the UI shows; the command line shows all."""


def delivery_metadata(delivery: Delivery) -> Metadata:
    """Return the entries of a finished export."""
    shared = {
        "files": _files_table(delivery.files),
        "row_count": MetadataValue.int(delivery.rows),
        "bytes": MetadataValue.int(delivery.bytes),
    }
    return shared | {name: value for one in delivery.finished for name, value in _of_dataset(one).items()}


def preview_metadata(previews: Sequence[Preview]) -> Metadata:
    """Return the first rows of each dataset, as they come and as they would be published; personal columns masked."""
    entries: dict[str, MetadataValue] = {}
    for one in previews:
        plan, personal = one.item.plan, one.item.plan.personal_columns
        entries |= {
            f"{one.item.name}: before": sample_table(plan.source_schema.names, one.before[:_PREVIEWED], personal),
            f"{one.item.name}: after": sample_table(plan.published_schema.names, one.after[:_PREVIEWED], personal),
            f"{one.item.name}: filtered": MetadataValue.int(one.account.filtered_count),
            f"{one.item.name}: invalid": MetadataValue.int(one.account.invalid_count),
        }
    return entries


def _files_table(files: Sequence[DeliveredFile]) -> MetadataValue:
    names = ("name", "rows", "bytes", "sha256", "uri")
    records = [
        TableRecord({"name": one.name, "rows": one.rows, "bytes": one.bytes, "sha256": one.sha256, "uri": one.uri})
        for one in files
    ]
    return MetadataValue.table(records, TableSchema([TableColumn(name) for name in names]))


def _of_dataset(one: Finished) -> Mapping[str, MetadataValue]:
    account, dataset, name = one.account, one.item.plan.dataset, one.item.name
    return {
        f"{name}: source_count": MetadataValue.int(account.source_count),
        f"{name}: row_count": MetadataValue.int(one.rows),
        f"{name}: filtered_count": MetadataValue.int(account.filtered_count),
        f"{name}: invalid_count": MetadataValue.int(account.invalid_count),
        f"{name}: quarantined_count": MetadataValue.int(account.quarantined_count),
        f"{name}: quality": quality_table(account.quality or {}, dataset.thresholds),
        f"{name}: failures": failures_table(account.failures),
        f"{name}: sample": sample_table(
            one.item.plan.published_schema.names, account.sample, one.item.plan.personal_columns
        ),
    }
