"""How the exports of one dataset go: partitions whose last attempt failed, and the last one published."""

from datetime import datetime

from dagster import DagsterInstance

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.failed_attempts import failed_attempts, first_line_of_error
from export_pipeline.defs.health.reading import Reading, graded, in_words
from export_pipeline.defs.jobs import asset_key, asset_keys
from export_pipeline.preflight.finding import Finding, State, failed, ok, warning
from export_pipeline.settings import PRIMARY_FORMAT, Settings


def failed_partitions(instance: DagsterInstance, dataset: Dataset, settings: Settings) -> Reading:
    """Say which partitions of the dataset, in any format, failed when they were last tried."""
    assets = asset_keys(dataset.name, settings.formats_of(dataset.name))
    subject, found = f"{dataset.name} failures", failed_attempts(instance, assets)
    partitions = sorted({attempt.partition for attempt in found})
    figures = {f"{dataset.name}_failed_partitions": len(partitions)}
    if not found:
        return Reading(ok(subject, "no partition's last attempt failed"), figures)
    error = first_line_of_error(instance, found[0].run_id)
    many = "s" if len(partitions) > 1 else ""
    said = f"{len(partitions)} partition{many}, the newest {partitions[-1]}: {error}"
    advice = f"mend the cause, then re-execute; the check `last_attempts` of {dataset.name} lists them all"
    return Reading(failed(subject, said, advice), figures)


def last_success(instance: DagsterInstance, dataset: Dataset, settings: Settings, now: datetime) -> Reading:
    """Say when anything of the dataset was published last, held against its freshness policy."""
    subject = f"{dataset.name} freshness"
    newest = instance.fetch_materializations(asset_key(dataset.name, PRIMARY_FORMAT), limit=1).records
    if not newest:
        advice = "materialize a partition, or switch its sensor or schedule on"
        return Reading(warning(subject, "nothing was published yet", advice))
    age_s = now.timestamp() - newest[0].timestamp
    late, too_late = dataset.freshness.windows(settings.partitioning_of(dataset.name).grain.length)
    state = graded(age_s, late.total_seconds(), too_late.total_seconds())
    said = f"{newest[0].partition_key} was published {in_words(age_s)} ago"
    advice = f"are {dataset.name}_new_data and {dataset.name}_closed_partition switched on?"
    finding = Finding(subject, state, said, "" if state is State.OK else advice)
    return Reading(finding, {f"{dataset.name}_last_success_s": age_s})
