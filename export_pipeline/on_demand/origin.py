"""What `include_metadata` writes into every row: where it comes from."""

from dataclasses import dataclass
from datetime import UTC, datetime

from export_pipeline.plan import ExportPlan
from export_pipeline.shape import Constant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Origin:
    """Which export the rows belong to, and when it began."""

    export_id: str = ""
    begun_at: datetime = _EPOCH

    def constants(self, plan: ExportPlan) -> tuple[Constant, ...]:
        """Return the columns that say so."""
        steps = ", ".join(f"{transform.name} v{transform.version}" for transform in plan.transforms)
        return (
            Constant("_export_id", self.export_id, "Id of the export"),
            Constant("_exported_at", self.begun_at.isoformat(), "When the export began, UTC"),
            Constant("_source_table", str(plan.dataset.table), "Table that the row was read from"),
            Constant("_transforms", steps, "Transforms that the row went through, in order"),
        )
