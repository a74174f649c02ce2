"""What people fill in to export something now: the launchpad, the command line and a config file have these fields."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from export_pipeline.filters.condition import is_storable
from export_pipeline.on_demand.mistakes import Mistakes
from export_pipeline.on_demand.presets import PRESETS

PresetName = Literal["none", "training", "audit", "ticket"]
# "default" is a word, because the launchpad fills in every default: it must not look like somebody's choice, which a
# preset would have to leave alone.
FormatName = Literal["default", "parquet", "csv", "json", "jsonl", "xlsx"]
CompressionName = Literal["default", "none", "gzip", "zstd", "snappy"]
LevelName = Literal["default", "none", "basic", "strict"]
OnInvalidName = Literal["default", "keep", "quarantine", "fail"]
LongCells = Literal["default", "error", "cut"]
_UNCHOSEN: Final = "default"

_MOST: Final = 2**63 - 1
"""The largest number that PostgreSQL and Arrow count with."""
_MOST_PREVIEWED: Final = 10_000
"""Rows of a preview are held in memory."""
_SHOWN: Final = 100
"""Characters of a wrong value that a message repeats."""


class RequestFields(BaseModel):
    """One request; a field that is left alone asks for nothing.

    Where several datasets are exported, the entries of `filters`, `columns`, `compute` and `nested` may begin with a
    dataset and a colon, to be for that one only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: PresetName = Field(
        default="none",
        description="Answers what is left alone here. training: Parquet of valid rows, a million a file; audit: "
        "gzipped CSV of all rows, each with where it comes from; ticket: an Excel workbook",
    )
    datasets: list[str] = Field(
        default=[], description="What to export: logs, anomalies, ips; one or several. For example [logs, ips]"
    )
    tables: list[str] = Field(
        default=[],
        description="Any other tables, views or partitioned parents, by schema.name. For example [ops.alarms]",
    )
    time_column: str | None = Field(
        default=None, description="Column of `tables` that start and end speak of. For example created_at"
    )
    start: str | None = Field(
        default=None,
        description="From this ISO date or time on, itself included; UTC unless it says; left out: from the first row. "
        "For example 2026-11-20 or 2026-11-20T05:00:00+02:00",
    )
    end: str | None = Field(
        default=None,
        description="Up to this ISO date or time, itself not included, so that the end of one export is the start of "
        "the next; left out: to the last row. For example 2026-11-21",
    )
    filters: list[str] = Field(
        default=[],
        description='Conditions that all must hold. For example ["syslog_severity <= 4", "logs: message ilike '
        "'%timeout%' or device_id in (1, 2)\"]; docs/filters.md has them all",
    )
    processes: list[str] = Field(
        default=[], description="Programs whose logs are wanted, in any case. For example [nginx, sshd]"
    )
    columns: list[str] = Field(
        default=[],
        description="Columns, in this order; left out: all; computed ones that are not named come last. "
        "For example [timestamp, message]",
    )
    compute: list[str] = Field(
        default=[],
        description='Computed columns, as name=expression in SQL\'s words. For example ["loud=upper(message)"]',
    )
    nested: list[str] = Field(
        default=[],
        description="Related rows to carry along: log_entry and device of anomalies, device of logs; nested in JSON, "
        "as prefixed columns elsewhere. For example [device]",
    )
    format: FormatName = Field(default="default", description="Of the files; default: the preset's, or else parquet")
    compression: CompressionName = Field(
        default="default",
        description="default: the preset's, or else zstd inside of Parquet and none elsewhere. snappy is for Parquet "
        "only; xlsx takes none of them",
    )
    compression_level: int | None = Field(
        default=None,
        description="How hard to compress: gzip 1 to 9, zstd 1 to 19; left out: a fast one. For example 6",
    )
    split_rows: int | None = Field(
        default=None,
        ge=1,
        le=_MOST,
        description="Begin a new file after this many rows; left out: one file a dataset. For example 1000000",
    )
    split_bytes: int | None = Field(
        default=None,
        ge=1,
        le=_MOST,
        description="Begin a new file at about this many bytes; left out: one file a dataset. For example 100000000",
    )
    zip: bool = Field(default=False, description="Put all files into one zip archive")
    totals: bool = Field(default=False, description="xlsx: add a row of sums, as formulas")
    long_cells: LongCells = Field(
        default="default",
        description="xlsx: what becomes of texts longer than 32,767 characters: an error, or cut and counted; default: "
        "the preset's, or else error",
    )
    batch_rows: int | None = Field(
        default=None, ge=1, le=_MOST, description="Most rows in a batch; left out: the setting. For example 50000"
    )
    batch_bytes: int | None = Field(
        default=None, ge=1, le=_MOST, description="Most bytes in a batch; left out: the setting. For example 8388608"
    )
    validation_level: LevelName = Field(
        default="default",
        description="none; basic (required, types, domains); strict (every rule); default: the preset's, or else the "
        "setting",
    )
    on_invalid: OnInvalidName = Field(
        default="default",
        description="Keep invalid rows, put them beside in quarantine, or fail; default: the preset's, or else the "
        "setting",
    )
    max_invalid_ratio: float | None = Field(
        default=None,
        description="Share of invalid rows, 0 to 1, above which nothing is published; left out: the setting. "
        "For example 0.05",
    )
    include_metadata: bool | None = Field(
        default=None,
        description="Add columns that say where each row comes from: export id, time of the export, table, transforms; "
        "in a zip archive, the manifests too",
    )
    preview: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_PREVIEWED,
        description="Only try it, on this many rows: show before and after, publish nothing. For example 20",
    )
    output: str | None = Field(
        default=None,
        description="File to write, or folder for several files: a path or an s3:// URL; left out: the folder "
        "exports/{export id}/ of the destination. For example s3://bucket/reports/errors.csv",
    )
    requested_by: str | None = Field(
        default=None, max_length=200, description="Who asks, for the history. For example audit@example.com"
    )

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Mapping[str, object]) -> Mapping[str, object]:
        """Let the preset answer what nobody has chosen."""
        choices = {name for name, field in cls.model_fields.items() if field.default == _UNCHOSEN}
        left_alone = {
            name for name, value in given.items() if value is None or (name in choices and value == _UNCHOSEN)
        }
        chosen = {name: value for name, value in given.items() if name not in left_alone}
        answers = {**PRESETS["none"], **PRESETS.get(str(given.get("preset", "none")), {})}
        if chosen.get("format", answers["format"]) != "xlsx":
            del answers["long_cells"]  # left alone, it is nobody's choice, and so no mistake
        return answers | chosen


def read_fields(given: Mapping[str, object], mistakes: Mistakes) -> RequestFields:
    """Return what was filled in, and the preset's answers for the rest.

    Fields that are unknown, or whose value cannot be one of theirs, are noted in `mistakes` and left out.
    """
    known = {name: value for name, value in given.items() if name in RequestFields.model_fields}
    for name in given.keys() - known.keys():
        mistakes.add(_shortened(name), f"there is no such field; there are {', '.join(RequestFields.model_fields)}")
    found = [*_unreadable(known), *_unstorable(known)]
    for name, said in found:
        mistakes.add(name, said)
    wrong = {name for name, _ in found}
    for name in wrong:
        mistakes.close(name)
    return RequestFields.model_validate({name: value for name, value in known.items() if name not in wrong})


def _unreadable(given: Mapping[str, object]) -> list[tuple[str, str]]:
    try:
        RequestFields.model_validate(given)
    except ValidationError as error:
        return [(str(one["loc"][0]), _in_words(one["msg"], one["input"])) for one in error.errors()]
    return []


def _unstorable(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the texts that neither PostgreSQL nor a file system can hold."""
    for name, value in given.items():
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not is_storable(text) for text in texts):
            said = "holds a NUL character or half of a surrogate pair; leave it out"
            yield name, f"{_shortened(repr(value))} {said}"


def _in_words(said: str, found: object) -> str:
    return f"{_shortened(repr(found))}: {said[:1].lower()}{said[1:]}"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
