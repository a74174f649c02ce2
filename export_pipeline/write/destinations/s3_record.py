"""What one export has begun in a bucket, written down in its spool folder for whoever finds that folder orphaned."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from export_pipeline.write.destinations.s3_keys import S3Keys
from export_pipeline.write.destinations.s3_objects import Entry, Mark

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

    def __init__(self, folder: Path, mark: Mark, keys: S3Keys) -> None:
        self._folder = folder
        self._record = Record(mark, keys)
        self._lock = Lock()
        self._write()

    def note_upload(self, key: str, upload_id: str | None) -> None:
        """Write down that an upload to `key` is about to be asked for, or that it has this id."""
        with self._lock:
            if upload_id is None:
                self._record.uploads.append(Begun(key, datetime.now(UTC).isoformat()))
            else:
                next(one for one in self._record.uploads if one.key == key and not one.upload_id).upload_id = upload_id
            self._write()

    def _write(self) -> None:
        new = self._folder / f"{_NAME}.new"
        new.write_text(json.dumps(asdict(self._record)), encoding="utf-8")
        new.replace(self._folder / _NAME)


def read_record(folder: Path) -> Record | None:
    """Return the record in `folder`; None where there is none: nothing was begun."""
    try:
        content = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    uploads = [Begun(**one) for one in content["uploads"]]
    return Record(Mark(**content["mark"]), S3Keys(**content["keys"]), uploads)


def known_uploads(spool: Path) -> Iterator[str]:
    """Yield the ids of all uploads that exports of this machine have written down below `spool`."""
    for path in spool.glob(f"*/*/{_NAME}"):
        record = read_record(path.parent)
        yield from (one.upload_id for one in record.uploads if one.upload_id) if record else ()
