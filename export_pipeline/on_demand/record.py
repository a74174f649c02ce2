"""`export.json`: what an export is made of. It is written last, so that it also says that the export is whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished
from export_pipeline.on_demand.request import Request
from export_pipeline.write.schema_description import describe_schema


def record_of(request: Request, origin: Origin, files: Sequence[DeliveredFile], finished: Sequence[Finished]) -> bytes:
    """Return the record as indented JSON."""
    content = {
        "export_id": origin.export_id,
        "created_at": origin.begun_at.isoformat(),
        "finished_at": datetime.now(UTC).isoformat(),
        "format": request.packing.fmt.name,
        "compression": request.packing.fmt.compression,
        "request": request.fields.model_dump(mode="json", exclude_defaults=True),
        "files": [{name: value for name, value in asdict(file).items() if name != "uri"} for file in files],
        "datasets": [about(one) for one in finished],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def about(one: Finished) -> Mapping[str, object]:
    """Return what was found in one dataset, as JSON values."""
    account, plan = one.account, one.item.plan
    return {
        "dataset": one.item.name,
        "source_count": account.source_count,
        "row_count": one.rows,
        "filtered_count": account.filtered_count,
        "invalid_count": account.invalid_count,
        "quarantined_count": account.quarantined_count,
        "filters": {
            "by_the_source": str(plan.predicate) if plan.predicate else None,
            "after_the_transforms": str(plan.shape.kept) if plan.shape.kept else None,
        },
        "quality": account.quality,
        "snapshot": asdict(account.snapshot),
        "columns": [asdict(column) for column in describe_schema(plan.published_schema)],
        "warnings": account.warnings,
    }
