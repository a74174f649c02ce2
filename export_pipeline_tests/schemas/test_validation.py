"""Validation of batches: levels, judgements, samples, metrics; and the quick mask against pandera itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import BrokenCheckError, ConfigError, InvalidDataError
from export_pipeline.schemas.frame_schema import CheckedColumn, frame_schema
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.schemas.quarantine import quarantine_schema, split
from export_pipeline.schemas.rules import (
    Expression,
    Kind,
    Rule,
    between,
    matches,
    not_before,
    one_of,
    syslog_level,
    within_domain,
)
from export_pipeline.schemas.suspects import find_suspects
from export_pipeline.schemas.validation import BatchValidator, Subject

DAY = datetime(2026, 11, 20)  # noqa: DTZ001 - as the source gives it
COLUMNS = (
    CheckedColumn("id", pa.int32(), required=True),
    CheckedColumn("at", pa.timestamp("us"), required=True),
    CheckedColumn("level", pa.string(), required=False, rules=(syslog_level(),)),
    CheckedColumn("score", pa.float64(), required=False, rules=(between(0, 1),)),
    CheckedColumn("until", pa.timestamp("us"), required=False, rules=(not_before("at"),)),
)
SCHEMA = pa.schema([pa.field(column.name, column.type) for column in COLUMNS])
SUBJECT = Subject("logs 2026-11-20", COLUMNS, ("id",), "at")
STRICT = CheckPolicy(Level.STRICT)


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    """Return a batch of rows that are valid but for what is given."""
    valid = {"at": DAY, "level": "info", "score": 0.5, "until": None}
    return pa.RecordBatch.from_pylist([{"id": number} | valid | row for number, row in enumerate(rows)], SCHEMA)


def validator(
    policy: CheckPolicy = STRICT, duplicates: pa.Table | None = None, *, key_is_unique: bool = False
) -> BatchValidator:
    return BatchValidator(SUBJECT, policy, duplicates, key_is_unique=key_is_unique)


def test_valid_rows_pass() -> None:
    checking = validator()
    assert checking.check(batch({}, {"level": " Warn "}, {"level": None, "score": None})).reasons == {}
    assert checking.tally.invalid_rows == 0


def test_invalid_rows_are_found_with_their_reasons() -> None:
    checked = validator().check(
        batch(
            {"level": "WRN!"},
            {},
            {"score": 1.5, "at": None},
            {"until": DAY - timedelta(days=1)},
            {"score": float("nan")},
        )
    )
    assert checked.reasons == {
        0: ("level: syslog level",),
        2: ("at: required", "score: between 0 and 1"),
        3: ("until: not before at",),
        4: ("score: between 0 and 1",),
    }


def test_basic_validation_knows_required_cells_and_domains_only() -> None:
    checked = validator(CheckPolicy(Level.BASIC)).check(batch({"level": "WRN!"}, {"score": 7.0}, {"at": None}))
    assert checked.reasons == {0: ("level: syslog level",), 2: ("at: required",)}


def test_without_validation_nothing_is_judged_nor_claimed() -> None:
    checking = validator(CheckPolicy(Level.NONE))
    assert checking.check(batch({"level": "WRN!", "at": None})).reasons == {}
    metrics = checking.tally.metrics(datetime.now(UTC))
    assert (metrics.rows, metrics.accuracy, metrics.completeness) == (1, None, None)


def test_the_sample_names_column_check_value_and_key_and_is_capped() -> None:
    checking = validator()
    for _ in range(3):
        checking.check(batch(*[{"level": "x" * 500}] * 20))
    sample = checking.failures.sample
    assert (sample[0].column, sample[0].check, sample[0].value, sample[0].key) == (
        "level",
        "syslog level",
        "x" * 120,
        "id=0",
    )
    assert len(sample) == 10
    assert checking.failures.counts["level", "syslog level"] == 60


def test_the_summary_names_column_rule_rows_and_an_example() -> None:
    checking = validator()
    checking.check(batch({}, {"level": "WRN!"}))
    assert checking.failures.summary() == ("column 'level' breaks `syslog level` in 1 rows, for example 'WRN!' at id=1")


def test_personal_values_and_keys_stay_out_of_the_summary() -> None:
    columns = [replace(column, personal=column.name in {"id", "level"}) for column in COLUMNS]
    checking = BatchValidator(replace(SUBJECT, columns=tuple(columns)), STRICT)
    checking.check(batch({"level": "WRN!"}, {"score": 7.5}, {"at": None}))
    assert "WRN!" not in checking.failures.summary()
    assert [(failure.value, failure.key) for failure in checking.failures.sample] == [
        (None, "id=•••"),
        ("•••", "id=•••"),
        ("7.5", "id=•••"),
    ]


@pytest.mark.parametrize("rows_a_batch", [1, 7, 900])
def test_counting_gives_the_figures_of_checking_batch_by_batch(rows_a_batch: int) -> None:
    kinds: list[dict[str, Any]] = [{}, {"level": "WRN!"}, {"at": None, "score": 2.0}, {"until": DAY - timedelta(1)}]
    whole = batch(*(kinds[number % len(kinds)] for number in range(9_000)))
    checked, counted = validator(), validator()
    for start in range(0, whole.num_rows, rows_a_batch):
        checked.check(whole.slice(start, rows_a_batch))
        counted.count(whole.slice(start, rows_a_batch))
    counted.finish()
    assert counted.tally == checked.tally
    assert counted.tally.invalid_rows == 6_750
    assert counted.failures.counts == checked.failures.counts
    assert set(counted.failures.sample) == set(checked.failures.sample)


def test_metrics_follow_their_formulas() -> None:
    checking = validator(key_is_unique=True)
    checking.check(batch({"level": "WRN!"}, {"at": None}, {"until": DAY - timedelta(1)}, {"level": None}, {}))
    metrics = checking.tally.metrics((DAY + timedelta(hours=2)).replace(tzinfo=UTC))
    assert metrics.completeness == 9 / 10  # two required columns, one cell missing
    assert metrics.validity == 2 / 5
    assert metrics.consistency == 4 / 5
    assert metrics.accuracy == 8 / 9  # 4 levels and 5 scores, one of them wrong
    assert metrics.uniqueness == 1.0
    assert metrics.timeliness_s == 7200


def test_no_rows_give_no_metrics_instead_of_perfect_ones() -> None:
    metrics = validator(key_is_unique=True).tally.metrics(datetime.now(UTC))
    assert (metrics.validity, metrics.completeness, metrics.accuracy, metrics.uniqueness) == (None, None, None, None)


def test_a_naive_time_counts_in_the_datasets_zone() -> None:
    subject = Subject("logs", COLUMNS, ("id",), "at", "Europe/Berlin")
    checking = BatchValidator(subject, STRICT)
    checking.check(batch({}))
    assert checking.tally.metrics(DAY.replace(tzinfo=UTC)).timeliness_s == 3600


def test_rows_whose_key_stands_twice_are_invalid_in_whatever_batch() -> None:
    duplicates = pa.table({"id": pa.array([0], pa.int32()), "rows": pa.array([2])})
    checking = validator(duplicates=duplicates)
    assert checking.check(batch({}, {})).reasons == {0: ("id: unique key",)}
    assert checking.check(batch({})).reasons == {0: ("id: unique key",)}
    assert checking.tally.metrics(datetime.now(UTC)).uniqueness == 2 / 3


def test_one_invalid_row_is_too_much_for_fail() -> None:
    checking = validator(CheckPolicy(Level.STRICT, OnInvalid.FAIL))
    checking.check(batch({}, {"level": "WRN!"}))
    with pytest.raises(
        InvalidDataError, match="logs 2026-11-20: 1 of 2 rows are invalid and on_invalid is `fail`: column 'level'"
    ):
        checking.require_acceptable()


@pytest.mark.parametrize(("limit", "refused"), [(0.4, True), (0.5, False)])
def test_more_invalid_rows_than_allowed_fail_the_export(limit: float, *, refused: bool) -> None:
    checking = validator(CheckPolicy(Level.STRICT, max_invalid_ratio=limit))
    checking.check(batch({}, {"level": "WRN!"}))
    if refused:
        with pytest.raises(InvalidDataError, match=r"\(50.00%\), more than max_invalid_ratio 40.00%"):
            checking.require_acceptable()
    else:
        checking.require_acceptable()


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match=r"for example 0\.01"):
        CheckPolicy(max_invalid_ratio=share)


def _misspelt(_: str) -> pl.Expr:
    return pl.col("no_such_column") > 0


def _of_a_wrong_type(column: str) -> pl.Expr:
    return pl.col(column).str.contains("x")


@pytest.mark.parametrize("holds", [_misspelt, _of_a_wrong_type])
def test_a_check_that_cannot_run_is_an_error_not_a_failed_check(holds: Expression) -> None:
    columns = (
        COLUMNS[0],
        COLUMNS[1],
        CheckedColumn("score", pa.float64(), required=False, rules=(Rule("broken", Kind.RANGE, holds),)),
    )
    with pytest.raises(BrokenCheckError, match="nothing is known about the data"):
        BatchValidator(Subject("logs", columns, ("id",), "at"), STRICT).check(batch({}))


def test_quarantine_parts_the_batch_and_keeps_the_reasons() -> None:
    checked = validator().check(batch({}, {"level": "WRN!"}, {}))
    kept, rejected = split(checked)
    assert kept.column("id").to_pylist() == [0, 2]
    assert rejected.schema.equals(quarantine_schema(SCHEMA))
    assert rejected.select(["id", "_reasons"]).to_pylist() == [{"id": 1, "_reasons": ["level: syslog level"]}]


def test_an_allowed_word_is_taken_as_written_unless_folded() -> None:
    columns = (CheckedColumn("v", pa.string(), required=False, rules=(one_of("new", "old"),)),)
    found = find_suspects(pa.record_batch({"v": ["new", "NEW", None]}), columns)
    assert found.rows.to_list() == [1]
    folded = (CheckedColumn("v", pa.string(), required=False, rules=(one_of("new", casefold=True),)),)
    assert find_suspects(pa.record_batch({"v": ["New ", "x"]}), folded).rows.to_list() == [1]


def test_patterns_and_scales_find_what_lies_outside() -> None:
    columns = (
        CheckedColumn("code", pa.string(), required=False, rules=(matches("^[A-Z]{2}$", "two letters"),)),
        CheckedColumn("severity", pa.int32(), required=False, rules=(within_domain(1, 5),)),
    )
    found = find_suspects(
        pa.record_batch({"code": ["DE", "de", None], "severity": pa.array([0, 5, 6], pa.int32())}), columns
    )
    assert found.rows.to_list() == [0, 1, 2]


VALUES = {
    pa.int32(): st.integers(-3, 200),
    pa.int64(): st.integers(-3, 200),
    pa.float64(): st.floats(-1, 2) | st.just(float("nan")),
    pa.string(): st.sampled_from(["info", "ERR", "DE", "new", "10.0.0.1", "bad value!", ""]),
    pa.bool_(): st.booleans(),
    pa.timestamp("us"): st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3)),  # noqa: DTZ001 - naive columns
    pa.timestamp("us", "UTC"): st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3), timezones=st.just(UTC)),  # noqa: DTZ001
    pa.decimal128(5, 2): st.decimals(-10, 200, places=2),
    pa.list_(pa.string()): st.lists(st.text(max_size=3), max_size=2),
}


@pytest.mark.parametrize("name", DATASETS)
@given(data=st.data())
def test_the_quick_mask_agrees_with_pandera_on_every_dataset(name: str, data: st.DataObject) -> None:
    columns = [column.checked for column in DATASETS[name].columns]
    schema = pa.schema([pa.field(column.name, column.type) for column in columns])
    row = st.fixed_dictionaries({column.name: st.none() | VALUES[column.type] for column in columns})
    rows = data.draw(st.lists(row, min_size=1, max_size=6))
    found = pa.RecordBatch.from_pylist(rows, schema)
    judged = frame_schema(columns)
    for number in range(found.num_rows):
        frame = pl.DataFrame(pl.from_arrow(found.slice(number, 1)))
        try:
            judged.validate(frame, lazy=True)
            valid = True
        except Exception as error:  # noqa: BLE001 - pandera's own tree; the name is checked
            assert type(error).__name__ == "SchemaErrors"  # noqa: PT017 - both outcomes are right
            valid = False
        assert find_suspects(found.slice(number, 1), columns).rows.is_empty() is valid
