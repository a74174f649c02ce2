"""What is asked for gives the rows that an SQL of our own gives."""

import pytest

from export_pipeline.on_demand.filtering import nearest
from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.preview import Preview, preview
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.on_demand.exporting import Exports

BY_SQL = [
    ("id <= 100", "id <= 100"),
    ("id between 100 and 200", "id >= 100 and id <= 200"),
    ("id in (1, 2, 3, 99999)", "id in (1, 2, 3)"),
    ("device_id not in (1, 2)", "device_id <> 1 and device_id <> 2"),
    ("device_id is null", "device_id is null"),
    ("process_name is not null and id > 1500", "process_name is not null and id > 1500"),
    ("timestamp >= 2026-11-19", "timestamp >= '2026-11-19'"),
    ("timestamp < '2026-11-19T14:00:00+02:00'", "timestamp < '2026-11-19 12:00'"),
    ("pushed_to_ai = true", "pushed_to_ai"),
    ("push_attempts != 0", "push_attempts <> 0"),
    ("process_name like 'W%'", "process_name like 'W%'"),
    ("process_name ilike 'w%'", "process_name ilike 'w%'"),
    ("raw_message like '%\\%%'", "position('%' in raw_message) > 0"),
    ("source.message ilike '%error%'", "message ilike '%error%'"),
    ("source.log_level = err", "log_level = 'err'"),
    ("structured_data.facility = 1", "(structured_data ->> 'facility')::numeric = 1"),
    ("(id = 1 or id = 2) and (device_id >= 0 or device_id is null)", "id in (1, 2)"),
    ("device_name = 'no such device'", "false"),
    (
        "syslog_severity <= 3",
        "lower(log_level) in ('emergency','emerg','panic','alert','critical','crit','error','err')",
    ),
]


def ids_of(found: Preview) -> list[int]:
    return [int(str(row["id"])) for row in found.after]


@pytest.mark.parametrize(("text", "where"), BY_SQL)
def test_the_rows_are_those_of_an_sql_of_our_own(exports: Exports, sql: RunSql, text: str, where: str) -> None:
    (found,) = preview(exports.request(datasets=["logs"], filters=[text], columns=["id"], preview=10_000), "run-1")
    ids = sql(exports.url, f"select id from log_entries where {where.replace('%', '%%')} order by 1")
    assert sorted(ids_of(found)) == [number for (number,) in ids]


def test_several_filters_must_all_hold(exports: Exports) -> None:
    given = {"datasets": ["logs"], "preview": 10_000, "columns": ["id"]}
    (found,) = preview(exports.request(**given, filters=["id <= 10", "logs: id > 5 or id = 1"]), "run-1")
    assert sorted(ids_of(found)) == [1, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("process", ["100%", "a_b", "back\\slash", "Na'me", "", "😀"])
def test_a_process_is_meant_word_for_word_in_any_case(exports: Exports, sql: RunSql, process: str) -> None:
    sql(exports.url, "update log_entries set process_name = %s where id <= 3", [process])
    sql(exports.url, "update log_entries set process_name = 'axb' where id > 3")
    (found,) = preview(exports.request(datasets=["logs"], processes=[process.upper()], preview=10_000), "run-1")
    assert sorted(ids_of(found)) == [1, 2, 3]


def test_processes_are_for_logs_alone(exports: Exports) -> None:
    request = exports.request(datasets=["logs", "ips"], processes=["sshd"])
    logs, ips = request.items(exports.settings.source, Origin())

    def asks(item: Item) -> bool:
        return (item.plan.predicate or item.plan.shape.kept) is not None

    assert (asks(logs), asks(ips)) == (True, False)


def test_the_nearest_name_is_suggested() -> None:
    assert nearest("mesage", ["message", "id"]) == " (did you mean message?)"
    assert nearest("zzz", ["message", "id"]) == ""
