"""What outlets share that put the rows of all items into one file."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from export_pipeline.on_demand.location import Location
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished
from export_pipeline.on_demand.outlets.retraction import retract
from export_pipeline.write.formats.format import Format
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.manifest import JsonObject, Manifest, QuarantineFile
from export_pipeline.write.publish import publish

_SEVERAL: Final = "export"
"""The dataset, in words, of a file that holds several."""
_OF_THE_FILE: Final = frozenset({"bytes", "sha256", "quarantine", "contents"})


class Container:
    """One staged file, and beside it one file for the rejected rows of all items; `fmt` says how it is called."""

    def __init__(self, location: Location, names: Sequence[str], fmt: Format) -> None:
        self._fmt = fmt
        self._name = names[0] if len(names) == 1 else _SEVERAL
        self._target = location.target(self._name, self._name, fmt)
        self._location = location
        self._stack = ExitStack()
        self._quarantine: HashingSink | None = None
        self._is_publishing = False

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Stage the file while the block runs."""
        with self._stack:
            staged = self._location.destination.stage(self._location.export_id, self._target)
            self._staging = self._stack.enter_context(staged)
            self.sink = self._staging.open_data()
            try:
                yield
            except BaseException:
                self.sink.discard()
                retract(self._location, [(self._staging, self._target)] if self._is_publishing else [])
                raise

    def open_quarantine(self) -> HashingSink:
        """Return the file of rejected rows, which all items share."""
        if self._quarantine is None:
            self._quarantine = self._staging.open_quarantine()
        return self._quarantine

    def publish(self, finished: Sequence[Finished], check: Callable[[Path], None]) -> DeliveredFile:
        """Publish the file once `check` has re-read it."""

        def check_file(path: Path, _rows: int, _schema: pa.Schema) -> None:
            check(path)

        fmt = replace(self._fmt, check=check_file)
        manifest = self.manifest(finished)
        self._is_publishing = True
        publication = publish(self._staging, manifest, fmt, finished[0].item.plan.published_schema)
        return DeliveredFile(
            name=self._target.data.name,
            dataset="" if len(finished) > 1 else manifest.dataset,
            rows=manifest.row_count,
            bytes=manifest.bytes,
            sha256=manifest.sha256,
            media_type=fmt.media_type,
            uri=publication.uri,
        )

    def manifest(self, finished: Sequence[Finished]) -> Manifest:
        """Return the manifest of one dataset; of several the sums, with each one's own in `contents`."""
        written = self.sink.written(sum(one.rows for one in finished))
        own = [one.manifest(self._target, self._fmt, replace(written, rows=one.rows)) for one in finished]
        whole = own[0] if len(own) == 1 else _sum(own, [one.item.plan.dataset.name for one in finished])
        if self._quarantine is None:
            return whole
        rejects = self._quarantine.written(0)
        file = QuarantineFile(str(self._target.quarantine), rejects.sha256, rejects.bytes)
        return replace(whole, quarantine=file)


def _sum(manifests: Sequence[Manifest], names: Sequence[str]) -> Manifest:
    return replace(
        manifests[0],
        source_count=sum(one.source_count for one in manifests),
        row_count=sum(one.row_count for one in manifests),
        invalid_count=sum(one.invalid_count for one in manifests),
        quarantined_count=sum(one.quarantined_count for one in manifests),
        filtered_count=sum(one.filtered_count for one in manifests),
        arrow_schema=(),
        selection={},
        quality=None,
        failures=(),
        transforms=(),
        newest=None,
        relations={},
        digest=None,
        finished_at=manifests[-1].finished_at,
        contents=tuple(about_rows(one, name) for one, name in zip(manifests, names, strict=True)),
    )


def about_rows(manifest: Manifest, name: str) -> JsonObject:
    """Return what the manifest says of the rows, without what it says of the file that holds others too."""
    said: dict[str, object] = json.loads(manifest.to_json())
    return {key: value for key, value in said.items() if key not in _OF_THE_FILE} | {"dataset": name}
