"""What Dagster loads: `build_definitions` joins settings, datasets and `defs/`; `defs` is the result."""

from dagster import Definitions, in_process_executor

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.asset_checks import dataset_checks
from export_pipeline.defs.assets import dataset_assets
from export_pipeline.defs.exports.job import delete_exports_job, retention_schedule
from export_pipeline.defs.health.asset import health_asset, health_schedule
from export_pipeline.defs.io_managers import io_managers
from export_pipeline.defs.jobs import checks_job, export_job
from export_pipeline.defs.last_attempts import last_attempts_check, last_attempts_sensor
from export_pipeline.defs.new_data import new_data_sensor
from export_pipeline.defs.on_demand import on_demand_job
from export_pipeline.defs.partitions import partitions_definition
from export_pipeline.defs.preflight import preflight_job
from export_pipeline.defs.reconciler import reconciler_sensor
from export_pipeline.defs.schedules import closed_partition_schedule
from export_pipeline.defs.source_assets import source_assets
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.settings import Settings


def build_definitions(settings: Settings | None = None, on_progress: OnProgress = ignore_progress) -> Definitions:
    """Return everything of the code location. `on_progress` also sees what the runs log of their progress.

    Runs execute in one process: a step of its own process would cost 2.8 s, and runs are the unit of parallelism.
    Raises: ConfigError for a setting that is wrong; a source that is not set is said when it is needed.
    """
    chosen = settings or Settings.load()
    parts = [_of_dataset(dataset, chosen) for dataset in chosen.enabled_datasets]
    whole = Definitions(
        assets=[*source_assets(chosen.enabled_datasets), health_asset(chosen)],
        resources=io_managers(chosen, on_progress),
        jobs=[on_demand_job(chosen), preflight_job(chosen), delete_exports_job(chosen)],
        schedules=[health_schedule(), retention_schedule(chosen)],
        sensors=[reconciler_sensor(), last_attempts_sensor(chosen)],
        executor=in_process_executor,
    )
    return Definitions.merge(whole, *parts)


def _of_dataset(dataset: Dataset, settings: Settings) -> Definitions:
    assets = dataset_assets(dataset, settings)
    checks = dataset_checks(dataset, settings)
    check_keys = [key for check in checks for key in check.check_keys]
    return Definitions(
        assets=assets,
        asset_checks=[last_attempts_check(dataset.name, settings), *checks],
        jobs=[
            export_job(dataset.name, [asset.key for asset in assets]),
            checks_job(dataset.name, check_keys, partitions_definition(settings.partitioning_of(dataset.name))),
        ],
        schedules=[closed_partition_schedule(dataset.name, settings.partitioning_of(dataset.name))],
        sensors=[new_data_sensor(dataset, settings)],
    )


defs = build_definitions()
