"""Parts that an earlier export of the same dataset into the same folder had, and ours has not."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

from export_pipeline.errors import CorruptFileError
from export_pipeline.on_demand.location import Location
from export_pipeline.on_demand.packing import Packing
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import Target


def remove_older_parts(location: Location, packing: Packing, dataset: str, parts: int) -> None:
    """Remove what follows part `parts`: readers of the whole folder would take it for ours.

    The last one goes first, so that what is interrupted leaves no gap. Raises: what the destination does.
    """
    for target, manifest in reversed(list(_following(location, packing, dataset, parts))):
        with location.destination.stage(location.export_id, target) as staging, staging.locked():
            staging.recover()
            location.destination.retract(target, manifest.run_id)


def _following(location: Location, packing: Packing, dataset: str, parts: int) -> Iterator[tuple[Target, Manifest]]:
    """Yield the parts from the next number on, up to the first that is missing or not a one-off file of the dataset."""
    for number in count(parts + 1):
        target, found = location.target(packing.stem(dataset, number), dataset, packing.fmt), None
        with suppress(CorruptFileError):
            found = location.destination.read_manifest(target)
        if found is None or (found.dataset, found.partition) != (dataset, None):
            return
        yield target, found
