"""Takes back what an export has published already, when it cannot publish the rest."""

from collections.abc import Iterable
from contextlib import suppress

from export_pipeline.errors import ExportError
from export_pipeline.on_demand.location import Location
from export_pipeline.write.destinations.destination import Staging
from export_pipeline.write.paths import Target


def retract(location: Location, begun: Iterable[tuple[Staging, Target]]) -> None:
    """Remove those files whose publishing has begun, and got so far that readers see ours.

    The export's own folder is removed as a whole, by whoever runs the export; so this is about a folder of the user's,
    where what our files have replaced is lost. What storage refuses now stays.
    """
    if not location.is_output:
        return
    for staging, target in begun:
        with suppress(ExportError), staging.locked():
            staging.recover()  # a step that was interrupted is finished or undone
            location.destination.retract(target, location.export_id)
