from datetime import UTC, datetime

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.on_demand.origin import Origin
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy, Level

PLAN = ExportPlan.whole(DATASETS["ips"], BatchLimits(), CheckPolicy(Level.NONE))


def test_the_constants_say_which_export_when_from_where_and_through_what() -> None:
    origin = Origin("run-1", datetime(2026, 11, 20, 5, tzinfo=UTC))
    said = {constant.name: constant.value for constant in origin.constants(PLAN)}
    assert said == {
        "_export_id": "run-1",
        "_exported_at": "2026-11-20T05:00:00+00:00",
        "_source_table": "ip_addresses",
        "_transforms": ", ".join(f"{step.name} v{step.version}" for step in DATASETS["ips"].transforms),
    }
    assert all(constant.description for constant in origin.constants(PLAN))
