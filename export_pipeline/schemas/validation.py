"""Checks a stream of batches against a dataset's columns and keeps the figures: invalid rows, sample, quality.

`suspects.py` finds the rows that could fail, pandera judges them. What becomes of invalid rows is decided in
`quarantine.py` and, for the whole export, by `BatchValidator.require_acceptable`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pandera.polars as pandera
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from pandera.errors import SchemaErrorReason, SchemaErrors

from export_pipeline.errors import BrokenCheckError, InvalidDataError
from export_pipeline.schemas.failures import MASKED, FailureLog
from export_pipeline.schemas.frame_schema import CheckedColumn, frame_schema
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.schemas.quality import QualityTally
from export_pipeline.schemas.rules import Kind, not_among
from export_pipeline.schemas.suspects import Suspects, find_suspects, to_polars

_GROUP_ROWS = 4096
_MISSING = "required"
_VALUE_KINDS = frozenset({Kind.DOMAIN, Kind.RANGE, Kind.PATTERN, Kind.CUSTOM})
_JUDGEMENTS = frozenset({SchemaErrorReason.DATAFRAME_CHECK, SchemaErrorReason.SERIES_CONTAINS_NULLS})


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch with the positions of its invalid rows, ascending, and the reasons for each."""

    batch: pa.RecordBatch
    reasons: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """What validation needs to know of a dataset."""

    where: str
    columns: tuple[CheckedColumn, ...]
    key: tuple[str, ...]
    """Empty where there is none."""
    time: str | None
    zone: str = "UTC"
    """The zone of the time column's values where they carry none."""


class BatchValidator:
    """Validates the batches of one export, one thread at a time, and adds up what it saw.

    `duplicates` are the keys that the source holds more than once (a table of the key columns with a last column
    of counts), or None where the source itself keeps the key unique or nothing is known (`key_is_unique`).
    """

    def __init__(
        self,
        subject: Subject,
        policy: CheckPolicy,
        duplicates: pa.Table | None = None,
        *,
        key_is_unique: bool = False,
    ) -> None:
        self.policy = policy
        self.failures = FailureLog()
        self.tally = QualityTally(surplus_keys=_surplus(duplicates, key_is_unique=key_is_unique))
        self._subject = subject
        self._columns = _checked(subject, policy.level, duplicates)
        self._personal = {column.name for column in subject.columns if column.personal}
        self._schemas: dict[frozenset[str], pandera.DataFrameSchema] = {}
        self._kinds = {(column.name, rule.name): rule.kind for column in self._columns for rule in column.rules}
        self._judged_names = _judged_names(self._columns, subject.key)
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_columns: frozenset[str] = frozenset()
        self.tally.cross_field_rules = sum(kind is Kind.CROSS_FIELD for kind in self._kinds.values())

    def check(self, batch: pa.RecordBatch) -> CheckedBatch:
        """Return `batch` with its invalid rows. Raises: BrokenCheckError when a check cannot run."""
        self._count_cells(batch)
        suspects = self._suspects(batch)
        if suspects.rows.is_empty():
            return CheckedBatch(batch)
        reasons = self._judge(batch.take(suspects.rows.to_arrow()), suspects.columns)
        return CheckedBatch(batch, {int(suspects.rows[row]): tuple(reasons[row]) for row in sorted(reasons)})

    def count(self, batch: pa.RecordBatch) -> None:
        """Keep the same figures as `check` for a fifth of the time, where nobody asks which rows are invalid.

        Suspect rows are judged in groups, over several batches; `finish` judges the last ones.
        """
        self._count_cells(batch)
        suspects = self._suspects(batch)
        if suspects.rows.is_empty():
            return
        self._waiting.append(batch.select(self._judged_names).take(suspects.rows.to_arrow()))
        self._waiting_columns |= suspects.columns
        if sum(waiting.num_rows for waiting in self._waiting) >= _GROUP_ROWS:
            self.finish()

    def finish(self) -> None:
        """Judge what `count` has put aside. Raises: BrokenCheckError."""
        if self._waiting:
            self._judge(pa.concat_batches(self._waiting), self._waiting_columns)
        self._waiting, self._waiting_columns = [], frozenset()

    def require_acceptable(self) -> None:
        """Raise InvalidDataError when the policy does not allow what was found in the whole export."""
        invalid, rows = self.tally.invalid_rows, self.tally.rows
        share = invalid / rows if rows else 0.0
        if self.policy.on_invalid is OnInvalid.FAIL and invalid:
            raise InvalidDataError(
                f"{self._subject.where}: {invalid} of {rows} rows are invalid and on_invalid is `fail`: "
                f"{self.failures.summary()}. Mend the source, or choose keep or quarantine"
            )
        if share > self.policy.max_invalid_ratio:
            raise InvalidDataError(
                f"{self._subject.where}: {invalid} of {rows} rows are invalid ({share:.2%}), more than "
                f"max_invalid_ratio {self.policy.max_invalid_ratio:.2%}: {self.failures.summary()}"
            )

    def _count_cells(self, batch: pa.RecordBatch) -> None:
        tally = self.tally
        tally.rows += batch.num_rows
        for column in self._columns:
            nulls = batch.column(column.name).null_count
            if column.required:
                tally.required_cells += batch.num_rows
                tally.missing_cells += nulls
            judging = [rule for rule in column.rules if rule.kind in _VALUE_KINDS]
            tally.judged_values += (batch.num_rows - nulls) * len(judging)
        if self._subject.time is not None:
            self._see_newest(batch.column(self._subject.time))

    def _see_newest(self, times: pa.Array) -> None:
        tally, newest = self.tally, pc.max(times).as_py()
        if isinstance(newest, datetime):  # a date, or a time published as text, has no age in seconds
            newest = newest if newest.tzinfo else newest.replace(tzinfo=ZoneInfo(self._subject.zone))
            tally.newest = newest if tally.newest is None else max(tally.newest, newest)

    def _suspects(self, batch: pa.RecordBatch) -> Suspects:
        try:
            return find_suspects(batch, self._columns)
        except (pl.exceptions.PolarsError, BrokenCheckError) as error:
            raise self._broken(str(error).partition("\n\n")[0]) from error

    def _judge(self, judged: pa.RecordBatch, guilty: frozenset[str]) -> dict[int, list[str]]:
        """Count and sample the failures in the `guilty` columns; return the reasons by row of `judged`."""
        reasons: dict[int, list[str]] = defaultdict(list)
        inconsistent: set[int] = set()
        for (column, check), rows in self._failing(judged, guilty).items():
            self._record(judged, column, check, rows)
            if self._kinds.get((column, check)) is Kind.CROSS_FIELD:
                inconsistent.update(rows)
            for row in rows:
                reasons[row].append(f"{column}: {check}")
        if Kind.CUSTOM in self._kinds.values() and len(reasons) < judged.num_rows:
            own = ", ".join(sorted(check for (_, check), kind in self._kinds.items() if kind is Kind.CUSTOM))
            raise self._broken(f"{own} judged a value otherwise among others than by itself")
        self.tally.invalid_rows += len(reasons)
        self.tally.inconsistent_rows += len(inconsistent)
        return reasons

    def _failing(self, judged: pa.RecordBatch, guilty: frozenset[str]) -> dict[tuple[str, str], list[int]]:
        """Let pandera judge the `guilty` columns; return the failing rows per column and check."""
        columns = [column for column in self._columns if column.name in guilty]
        if guilty not in self._schemas:  # made once for each set of columns: that costs more than to judge
            self._schemas[guilty] = frame_schema(columns)
        names = {name for column in columns for name in (column.name, *_read_by(column))}
        try:
            self._schemas[guilty].validate(to_polars(judged, list(names)), lazy=True)
        except SchemaErrors as errors:
            broken = [error for error in errors.schema_errors if error.reason_code not in _JUDGEMENTS]
            if broken:
                raise self._broken(str(broken[0])) from errors
            return _rows_by_check(errors.failure_cases)
        return {}

    def _record(self, judged: pa.RecordBatch, column: str, check: str, rows: Sequence[int]) -> None:
        wanted = rows[: self.failures.wanted(column, check)]
        values = [self._shown(judged, column, row) for row in wanted]
        keys = [self._key_of(judged, row) for row in wanted]
        self.failures.add(column, check, len(rows), list(zip(values, keys, strict=True)))
        if self._kinds.get((column, check)) in _VALUE_KINDS:
            self.tally.bad_values += len(rows)

    def _key_of(self, batch: pa.RecordBatch, row: int) -> str:
        return ", ".join(f"{name}={self._shown(batch, name, row)}" for name in self._subject.key)

    def _shown(self, batch: pa.RecordBatch, name: str, row: int) -> object:
        value = batch.column(name)[row].as_py()
        return value if value is None or name not in self._personal else MASKED

    def _broken(self, said: str) -> BrokenCheckError:
        return BrokenCheckError(
            f"{self._subject.where}: a check failed to run, so nothing is known about the data: {said.strip()[:500]}; "
            "mend the rule in the dataset's declaration"
        )


def _checked(subject: Subject, level: Level, duplicates: pa.Table | None) -> tuple[CheckedColumn, ...]:
    if level is Level.NONE:
        return ()
    columns = [column.at_level(level) for column in subject.columns]
    if duplicates is not None and duplicates.num_rows:
        keys = pl.DataFrame(pl.from_arrow(duplicates.select(list(subject.key))))
        unique = not_among(keys)
        columns = [
            replace(column, rules=(*column.rules, unique)) if column.name == subject.key[0] else column
            for column in columns
        ]
    return tuple(column for column in columns if column.required or column.rules)


def _judged_names(columns: Sequence[CheckedColumn], key: Sequence[str]) -> list[str]:
    """Return the columns that judging and sampling look at."""
    read = (name for column in columns for name in (column.name, *_read_by(column)))
    return list(dict.fromkeys((*key, *read)))


def _read_by(column: CheckedColumn) -> set[str]:
    """Return the columns that the rules of `column` look at."""
    return {name for rule in column.rules for name in rule.holds(column.name).meta.root_names()}


def _surplus(duplicates: pa.Table | None, *, key_is_unique: bool) -> int | None:
    if duplicates is not None:
        return int(pc.sum(duplicates.column(duplicates.num_columns - 1)).as_py() or 0) - int(duplicates.num_rows)
    return 0 if key_is_unique else None


def _rows_by_check(cases: pl.DataFrame) -> dict[tuple[str, str], list[int]]:
    grouped = cases.group_by("column", "check", maintain_order=True).agg(pl.col("index"))
    return {
        (column, _MISSING if check == "not_nullable" else check): sorted(rows)
        for column, check, rows in grouped.iter_rows()
    }
