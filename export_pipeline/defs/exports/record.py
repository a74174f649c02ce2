"""One export as people see it, made of what is known of its run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from export_pipeline.defs.on_demand_tags import (
    BYTES_TAG,
    DATASETS_TAG,
    FILES_TAG,
    FORMAT_TAG,
    OUTPUT_TAG,
    PREVIEW_TAG,
    PROGRESS_TAG,
    REQUESTED_BY_TAG,
    ROWS_TAG,
)
from export_pipeline.errors import ConfigError

DELETED_TAG: Final = "export/deleted_at"
"""Of a run whose files were deleted, with the time; the other tags are in `on_demand_tags.py`."""


_FAILURE: Final = "dagster._core.definitions.events.Failure: "
_MOST_CHARACTERS: Final = 300


class Status(StrEnum):
    """Where an export stands; of `deleted` ones, the run alone is left."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    DELETED = "deleted"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self not in {Status.QUEUED, Status.RUNNING}


OF_RUN: Final[Mapping[str, Status]] = MappingProxyType(
    {
        "QUEUED": Status.QUEUED,
        "NOT_STARTED": Status.QUEUED,
        "MANAGED": Status.QUEUED,
        "STARTING": Status.QUEUED,
        "STARTED": Status.RUNNING,
        "CANCELING": Status.RUNNING,
        "SUSPENDED": Status.RUNNING,
        "SUCCESS": Status.SUCCEEDED,
        "FAILURE": Status.FAILED,
        "CANCELED": Status.CANCELED,
    }
)
"""Dagster's names of a run's status."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the run storage knows of a run; `status` is Dagster's name, `config` is the request."""

    run_id: str
    status: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    tags: Mapping[str, str]
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far the export of `dataset` is: `share` from 0 to 1, `eta_s` seconds to go, None where nobody can know."""

    dataset: str
    share: float
    rows: int
    total_rows: int
    rows_per_s: float
    eta_s: float | None

    def __str__(self) -> str:
        eta = "" if self.eta_s is None else f", {self.eta_s:.0f} s to go"
        rows = f"{self.rows:,} of {self.total_rows:,} rows, {self.rows_per_s:,.0f} rows/s"
        return f"{self.dataset} {self.share:.0%}, {rows}{eta}"


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """One export; times are aware and in UTC.

    What the run does not say is None: `rows`, `bytes`, `files` before success.

    `error` is its first line, of failed exports; `progress` is that of running ones, None in their first seconds.
    `output` is where the files went when not below `exports/`.
    """

    id: str
    status: Status
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    datasets: tuple[str, ...]
    format: str | None
    rows: int | None
    bytes: int | None
    files: int | None
    requested_by: str | None
    deleted_at: str | None
    output: str | None = None
    progress: ExportProgress | None = None
    error: str | None = None
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has been running; None before it began."""
        if self.started_at is None:
            return None
        return ((self.ended_at or datetime.now(UTC)) - self.started_at).total_seconds()

    def as_json(self) -> dict[str, Any]:
        """Return what `json` can write, times in ISO 8601."""
        fields = asdict(self) | {"status": str(self.status), "datasets": list(self.datasets), "seconds": self.seconds}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def is_export(run: RunFacts) -> bool:
    """Whether the run is to publish anything: a preview only shows rows."""
    return PREVIEW_TAG not in run.tags and run.config.get("preview") is None


def record_of(run: RunFacts) -> ExportRecord:
    """Return the export that `run` is, without its error. Tags may be missing, or odd."""
    tags, status = run.tags, OF_RUN[run.status]
    return ExportRecord(
        id=run.run_id,
        status=Status.DELETED if status.has_ended and DELETED_TAG in tags else status,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        datasets=_names(tags.get(DATASETS_TAG), run.config),
        format=tags.get(FORMAT_TAG) or _text(run.config.get("format")),
        rows=_number(tags.get(ROWS_TAG)),
        bytes=_number(tags.get(BYTES_TAG)),
        files=_number(tags.get(FILES_TAG)),
        requested_by=tags.get(REQUESTED_BY_TAG),
        deleted_at=tags.get(DELETED_TAG),
        output=tags.get(OUTPUT_TAG) or _text(run.config.get("output")),
        progress=_progress(tags.get(PROGRESS_TAG)) if status is Status.RUNNING else None,
        request=run.config,
    )


def statuses_of_runs(status: Status) -> Sequence[str]:
    """Return the names of the runs' statuses among which exports with `status` are."""
    if status is Status.DELETED:
        return [name for name, found in OF_RUN.items() if found.has_ended]
    return [name for name, found in OF_RUN.items() if found is status]


def in_one_line(said: str) -> str:
    """Return the first line of an error; where that only introduces a list, the list too. It may be cut."""
    lines = [line.strip() for line in said.strip().splitlines()] or [""]
    first = lines[0].removeprefix(_FAILURE)
    line = f"{first} {'; '.join(filter(None, lines[1:]))}" if first.endswith(":") else first
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"


def find_status(word: str) -> Status:
    """Return the status that `word` names. Raises: ConfigError that lists them."""
    try:
        return Status(word)
    except ValueError:
        raise ConfigError(f"status {word!r}: choose among {', '.join(Status)}") from None


def _names(tag: str | None, config: Mapping[str, Any]) -> tuple[str, ...]:
    if tag:
        return tuple(name for name in tag.split(",") if name)
    asked = [config.get(part) for part in ("datasets", "tables")]
    return tuple(str(name) for names in asked if isinstance(names, list | tuple) for name in names)


def _progress(tag: str | None) -> ExportProgress | None:
    try:
        found = json.loads(tag or "null")
        return ExportProgress(**{name: found[name] for name in ExportProgress.__slots__})
    except (ValueError, TypeError, KeyError):
        return None


def _text(value: object) -> str | None:
    """Return a text of the config; the launchpad writes those that were left alone as empty ones."""
    return value or None if isinstance(value, str) else None


def _number(tag: str | None) -> int | None:
    return int(tag) if tag and tag.isdecimal() else None
