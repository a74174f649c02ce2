"""What one export has begun in a bucket, written down in its spool folder for whoever finds that folder orphaned."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from export_pipeline.write.destinations.durable import move, write_file
from export_pipeline.write.destinations.s3_keys import S3Keys
from export_pipeline.write.destinations.s3_objects import Entry, Mark
from export_pipeline.write.os_errors import os_errors

_logger = logging.getLogger(__name__)

_NAME: Final = "record.json"

_CLOCKS: Final = timedelta(minutes=15)
"""S3 refuses requests of a clock that differs by more."""


@dataclass(slots=True)
class Begun:
    """An upload; `upload_id` is None until the server's answer is here."""

    key: str
    asked_at: str
    upload_id: str | None = None

    def may_be(self, entry: Entry) -> bool:
        """Whether an upload that the server lists can be this one, whose id nobody knows."""
        return entry.key == self.key and abs(entry.begun_at - datetime.fromisoformat(self.asked_at)) < _CLOCKS


@dataclass(slots=True)
class Record:
    """One export: whose name its objects carry, where they go, and the uploads it began."""

    mark: Mark
    keys: S3Keys
    uploads: list[Begun] = field(default_factory=list)


class Recorder:
    """Keeps a record on disk; an upload is written down before it is asked for, and again when its id is known."""

    def __init__(self, folder: Path, mark: Mark, keys: S3Keys, begun: Sequence[Begun] = ()) -> None:
        self._folder = folder
        self._record = Record(mark, keys, list(begun))
        self._lock = Lock()
        self._write()

    def note_upload(self, key: str, upload_id: str | None) -> None:
        """Write down that an upload to `key` is about to be asked for, or that it has this id.

        Raises: what `os_errors` says.
        """
        with self._lock:
            if upload_id is None:
                self._record.uploads.append(Begun(key, datetime.now(UTC).isoformat()))
            else:
                uploads = reversed(self._record.uploads)  # older ones without an id are a dead export's
                next(one for one in uploads if one.key == key and not one.upload_id).upload_id = upload_id
            self._write()

    def _write(self) -> None:
        new = self._folder / f"{_NAME}.new"
        with os_errors("writing", new):
            write_file(new, json.dumps(asdict(self._record)).encode())
            move(new, self._folder / _NAME)


def read_record(folder: Path) -> Record | None:
    """Return the record in `folder`; None where there is none, as nothing was begun, or one that cannot be read.

    Raises: OSError.
    """
    path = folder / _NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        uploads = [Begun(**one) for one in content["uploads"]]
        return Record(Mark(**content["mark"]), S3Keys(**content["keys"]), uploads)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as exc:
        _logger.warning("%s: cannot be read (%s); what it began is removed after a day", path, type(exc).__name__)
        return None


def known_uploads(spool: Path) -> Iterator[str]:
    """Yield the ids of all uploads that exports of this machine have written down below `spool`."""
    for folder in (folder for run in _entries(spool) for folder in _entries(run)):
        record = None
        with suppress(OSError):
            record = read_record(folder)
        yield from (one.upload_id for one in record.uploads if one.upload_id) if record else ()


def _entries(folder: Path) -> list[Path]:
    """Return what is in `folder`: nothing if it is a file, or has vanished, as others end meanwhile."""
    with suppress(OSError):
        return list(folder.iterdir())
    return []
