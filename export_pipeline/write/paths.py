"""Where everything of one export lies below the root: the layout, and nothing but names.

Whether a root is a folder or a bucket is the business of `destinations/`. Names come from people (dataset,
partition, export id), so each is checked before it becomes part of a path.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.format import Format

STAGING: Final = PurePosixPath("_staging")
"""Unfinished files, below a folder per run; no reader looks there."""
LOCK_SUFFIX: Final = ".lock"
"""Ends the name of a file's lock in `STAGING`: no run id has a dot. It is removed there once nobody holds it."""

_MANIFESTS: Final = PurePosixPath("_manifests")
_QUARANTINE: Final = PurePosixPath("_quarantine")
EXPORTS: Final = PurePosixPath("exports")
"""One-off exports, below a folder per export."""


_DATASET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_PARTITION: Final = re.compile(r"[a-z][a-z0-9_]{0,39}=[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Target:
    """The places of one published file, relative to the root.

    `quarantine` is None for derived formats: the rejected rows belong to the export that read the source.
    `lock` is None in the folder of one export, where nobody else publishes.
    """

    dataset: str
    format_name: str
    partition: str | None
    data: PurePosixPath
    manifest: PurePosixPath
    quarantine: PurePosixPath | None
    lock: PurePosixPath | None

    @classmethod
    def of_partition(cls, dataset: str, fmt: Format, partition: str) -> "Target":
        """Return the places of `partition` (`date=2026-11-20`). Raises: ConfigError for an unfit name."""
        check_name("partition", partition, _PARTITION)
        manifests = manifest_folder(dataset, fmt)
        return cls(
            dataset=dataset,
            format_name=fmt.name,
            partition=partition,
            data=PurePosixPath(dataset, fmt.name, partition, f"data{fmt.extension}"),
            manifest=manifests / f"{partition}.json",
            quarantine=_QUARANTINE / dataset / f"{partition}.jsonl" if fmt.read_batches else None,
            lock=manifests / f"{partition}.lock",
        )

    @classmethod
    def of_export(cls, export_id: str, dataset: str, fmt: Format) -> "Target":
        """Return the places of a one-off export. Raises: ConfigError for an unfit name."""
        check_name("dataset", dataset, _DATASET)
        return cls._one_off(export_folder(export_id), f"{dataset}{fmt.extension}", dataset, fmt, stem=dataset)

    @classmethod
    def of_file(cls, name: str, dataset: str, fmt: Format) -> "Target":
        """Return the places of a file that the user named; the root is the folder it lies in.

        Raises: ConfigError when `name` is not a plain file name.
        """
        if not name or name in {".", ".."} or set(name) & {"/", "\0"}:
            raise ConfigError(f"output file {name!r}: give a file name; the folder belongs into the destination")
        target = cls._one_off(PurePosixPath(), name, dataset, fmt, stem=name)
        return replace(target, lock=STAGING / f"{name}{LOCK_SUFFIX}")

    @classmethod
    def _one_off(cls, folder: PurePosixPath, name: str, dataset: str, fmt: Format, *, stem: str) -> "Target":
        return cls(
            dataset=dataset,
            format_name=fmt.name,
            partition=None,
            data=folder / name,
            manifest=folder / f"{stem}.manifest.json",
            quarantine=folder / f"{stem}.quarantine.jsonl",
            lock=None,
        )


def manifest_folder(dataset: str, fmt: Format) -> PurePosixPath:
    """Return the folder of a dataset's manifests in one format. Raises: ConfigError for an unfit name."""
    check_name("dataset", dataset, _DATASET)
    if dataset == EXPORTS.name:
        raise ConfigError(f"dataset {dataset!r}: that folder holds the one-off exports; choose another name")
    return _MANIFESTS / dataset / fmt.name


def run_staging(run_id: str) -> PurePosixPath:
    """Return the folder below which a run stages its files. Raises: ConfigError for an unfit run id."""
    check_name("run id", run_id, _RUN_ID)
    return STAGING / run_id


def export_folder(export_id: str) -> PurePosixPath:
    """Return the folder of a one-off export. Raises: ConfigError for an unfit id."""
    check_name("export id", export_id, _RUN_ID)
    return EXPORTS / export_id


def export_record(export_id: str) -> PurePosixPath:
    """Return the file that says what a one-off export is made of, and by being there that it is whole.

    Raises: ConfigError for an unfit id.
    """
    return export_folder(export_id) / "export.json"


def check_path(path: PurePosixPath) -> None:
    """Refuse a path that is not below the root. Raises: ConfigError."""
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in str(path):
        raise ConfigError(f"path {str(path)!r}: it must lie below the root, without `..`")


def check_removable(folder: PurePosixPath) -> None:
    """Refuse a folder that is not one below `exports/`. Raises: ConfigError."""
    check_path(folder)
    if folder.parent != EXPORTS:
        raise ConfigError(f"folder {str(folder)!r}: only the folder of one export, below {EXPORTS}/, can be removed")


def check_one_off(target: Target) -> None:
    """Refuse a partition's file. Raises: ConfigError."""
    if target.partition is not None:
        raise ConfigError(f"{target.data}: it is a partition's; only one-off files are taken back")


def safe_name(*parts: str) -> str:
    """Return a dataset's name for a dotted name of any characters: other parts, another name."""
    plain = ".".join(parts)
    if _DATASET.fullmatch(plain) and not any("." in part for part in parts):
        return plain
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    kept = re.sub(r"[^A-Za-z0-9_.-]", "_", plain)[:80].lstrip("_.-")
    return f"{kept or 'table'}-{digest}"


def check_name(what: str, name: str, allowed: re.Pattern[str]) -> None:
    """Refuse a name that could lead out of its folder or clash with ours. Raises: ConfigError."""
    if not allowed.fullmatch(name):
        raise ConfigError(f"{what} {name!r} cannot be part of a path: it must match {allowed.pattern}")
