from datetime import UTC, datetime, timedelta

from export_pipeline.defs.exports.record import DELETED_TAG, RunFacts, record_of
from export_pipeline.defs.exports.stats import Sums, stats_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def run(status: str, days_ago: int, seconds: float = 2, **tags: str) -> RunFacts:
    begun = NOW - timedelta(days=days_ago)
    ended = begun + timedelta(seconds=seconds)
    named = {f"export/{name}": value for name, value in tags.items()}
    return RunFacts(f"{status}-{days_ago}", status, begun, begun, ended, named, {})


def test_figures_over_all_exports() -> None:
    runs = [
        run("SUCCESS", 0, datasets="logs,ips", format="csv", rows="10", bytes="100", files="2"),
        run("SUCCESS", 1, 4, datasets="logs", format="parquet", rows="5", bytes="50", files="1"),
        run("SUCCESS", 9, 6, datasets="ips", format="csv", rows="1", bytes="7", files="1"),
        run("FAILURE", 0, 60, datasets="logs", format="csv"),
        run("QUEUED", 6),
    ]
    runs[2] = RunFacts(
        **{name: getattr(runs[2], name) for name in RunFacts.__slots__} | {"tags": {**runs[2].tags, DELETED_TAG: "x"}}
    )
    stats = stats_of(map(record_of, runs), NOW)
    assert stats.exports == 5
    assert {name: number for name, number in stats.by_status.items() if number} == {
        "queued": 1,
        "succeeded": 2,
        "failed": 1,
        "deleted": 1,
    }
    assert stats.total == Sums(3, 16, 157)
    assert stats.mean_seconds == 4
    assert stats.stored_bytes == 150
    assert stats.by_dataset == {"ips": Sums(2, 11, 107), "logs": Sums(2, 15, 150)}
    assert stats.by_format == {"csv": Sums(2, 11, 107), "parquet": Sums(1, 5, 50)}
    assert next(iter(stats.last_7_days)) == "2026-11-14"
    assert list(stats.last_7_days.values()) == [1, 0, 0, 0, 0, 1, 2]


def test_no_exports_have_no_mean_duration() -> None:
    stats = stats_of([], NOW)
    assert (stats.exports, stats.mean_seconds, stats.total) == (0, None, Sums(0, 0, 0))
