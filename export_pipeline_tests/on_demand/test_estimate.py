import pytest

from export_pipeline.errors import SourceUnavailableError
from export_pipeline.on_demand.estimate import Estimate, estimate
from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.origin import Origin
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.on_demand.exporting import Exports

CSV = FORMATS["csv"]


def item(exports: Exports, dataset: str, **given: object) -> Item:
    (found,) = exports.request(datasets=[dataset], **given).items(exports.settings.source, Origin())
    return found


def test_few_rows_are_counted_and_weighed(exports: Exports) -> None:
    found = estimate(item(exports, "ips"), exports.settings.source, CSV)
    assert found.rows == 60
    assert found.bytes == exports.run(datasets=["ips"], format="csv").bytes
    assert found.seconds is not None


def test_many_rows_are_guessed_by_the_planner_and_weighed_by_a_sample(exports: Exports, sql: RunSql) -> None:
    sql(
        exports.url,
        "insert into ip_addresses select '10.0.0.0'::inet + g, now(), now() from generate_series(1, 20000) g",
    )
    sql(exports.url, "analyze ip_addresses")
    found = estimate(item(exports, "ips"), exports.settings.source, CSV)
    assert found.rows == 20_060
    whole = exports.run(datasets=["ips"], format="csv").bytes
    assert found.bytes is not None
    assert 0.5 * whole < found.bytes < 2 * whole


def test_without_a_format_no_row_is_read(exports: Exports, sql: RunSql) -> None:
    sql(exports.url, "analyze ip_addresses")
    assert estimate(item(exports, "ips"), exports.settings.source, None) == Estimate(60)


def test_a_sample_that_cannot_be_had_is_left_out(exports: Exports, sql: RunSql) -> None:
    sql(exports.url, "update ip_addresses set last_seen = 'infinity'")
    sql(exports.url, "analyze ip_addresses")
    assert estimate(item(exports, "ips"), exports.settings.source, CSV) == Estimate(60)


def test_a_window_and_a_pushed_condition_are_the_planners_too(exports: Exports) -> None:
    given = {"start": "2026-11-19", "end": "2026-11-20", "filters": ["device_id = 1"]}
    assert estimate(item(exports, "logs", **given), exports.settings.source, CSV).rows < 500


def test_a_source_that_is_away_is_said(exports: Exports, nowhere: Exports) -> None:
    with pytest.raises(SourceUnavailableError):
        estimate(item(exports, "ips"), nowhere.settings.source, CSV)
