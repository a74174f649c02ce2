"""One dataset or table of a request: the plan by which it is exported."""

from dataclasses import dataclass, replace

import pyarrow as pa

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.selection import Window
from export_pipeline.on_demand.fields import RequestFields
from export_pipeline.on_demand.filtering import filters_of, nearest
from export_pipeline.on_demand.mistakes import Mistakes
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.scopes import entries_for
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.settings import Settings
from export_pipeline.shape import Shape
from export_pipeline.transforms.compute import Computed, ComputeFields, parse_compute, problems


@dataclass(frozen=True, slots=True)
class Item:
    """What is read, and how; `name` is what was asked for."""

    name: str
    plan: ExportPlan
    window: Window


def item_of(  # noqa: PLR0913, PLR0917 - the request, what it is held against, and who hears of mistakes
    fields: RequestFields,
    settings: Settings,
    name: str,
    dataset: Dataset,
    window: Window,
    origin: Origin,
    mistakes: Mistakes,
) -> Item:
    """Return the item; what is wrong with the request for this dataset is noted in `mistakes`."""
    with mistakes.noted("nested"):
        dataset = dataset.with_relations(tuple(entries_for(name, fields.nested)))
    if window != Window():
        with mistakes.noted("start, end"):
            _ = dataset.selection.placing_time
    plan = ExportPlan.whole(
        dataset, _limits(fields, settings, name, mistakes), _policy(fields, settings, name, mistakes)
    )
    if fields.output == STREAM and plan.policy.on_invalid is OnInvalid.QUARANTINE:
        mistakes.add("on_invalid", "the standard output has no place beside it for quarantined rows; keep or fail")
    with mistakes.noted("datasets"):
        plan = _shaped(plan, fields, name, origin, mistakes)
    if fields.preview is not None:
        plan = replace(plan, limit=fields.preview)
    return Item(name, plan, window)


def _limits(fields: RequestFields, settings: Settings, name: str, mistakes: Mistakes) -> BatchLimits:
    usual = settings.limits_of(name)
    with mistakes.noted("batch_rows, batch_bytes"):
        return BatchLimits(
            usual.rows if fields.batch_rows is None else fields.batch_rows,
            usual.bytes if fields.batch_bytes is None else fields.batch_bytes,
        )
    return usual


def _policy(fields: RequestFields, settings: Settings, name: str, mistakes: Mistakes) -> CheckPolicy:
    usual = settings.policy_of(name)
    with mistakes.noted("max_invalid_ratio"):
        return CheckPolicy(
            usual.level if fields.validation_level == "default" else Level(fields.validation_level),
            usual.on_invalid if fields.on_invalid == "default" else OnInvalid(fields.on_invalid),
            usual.max_invalid_ratio if fields.max_invalid_ratio is None else fields.max_invalid_ratio,
        )
    return usual


def _shaped(plan: ExportPlan, fields: RequestFields, name: str, origin: Origin, mistakes: Mistakes) -> ExportPlan:
    """Return the plan with its filters, computed fields, chosen columns and metadata."""
    schema = plan.transformed_schema
    computed = _computed(fields, name, schema, mistakes)
    whole = computed.output_schema(schema)
    pushed, kept = filters_of(fields, name, plan.dataset, whole, mistakes)
    columns = _columns(fields, name, computed, whole, mistakes)
    constants = origin.constants(plan) if fields.include_metadata else ()
    return replace(plan, is_tracked=False, predicate=pushed, shape=Shape(computed, kept, columns, constants))


def _computed(fields: RequestFields, name: str, schema: pa.Schema, mistakes: Mistakes) -> ComputeFields:
    """Return the computed fields; where one cannot be, that is noted, and there are none."""
    wanted: list[Computed] = []
    for text in entries_for(name, fields.compute):
        with mistakes.noted("compute"):
            wanted.append(parse_compute(text))
    found = problems(wanted, schema)
    for problem in found:
        mistakes.add("compute", f"{name}: {problem}")
    return ComputeFields(() if found else tuple(wanted))


def _columns(
    fields: RequestFields, name: str, computed: ComputeFields, schema: pa.Schema, mistakes: Mistakes
) -> tuple[str, ...]:
    """Return the chosen columns, computed ones that were not named last; unknown ones are noted, and left out."""
    chosen = entries_for(name, fields.columns)
    for column in (column for column in chosen if column not in schema.names):
        hint, there = nearest(column, schema.names), ", ".join(schema.names)
        mistakes.add("columns", f"{name} has no column {column!r}{hint}; it has {there}")
    if twice := sorted({column for column in chosen if chosen.count(column) > 1}):
        mistakes.add("columns", f"{name}: {', '.join(twice)} is there more than once")
    if not chosen:
        return ()
    computed_names = [one.name for one in computed.fields]
    return tuple(dict.fromkeys(column for column in (*chosen, *computed_names) if column in schema.names))
