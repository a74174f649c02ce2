"""Where the files of a one-off export lie: in its own folder below `exports/`, or where the request says."""

from dataclasses import dataclass, replace
from pathlib import Path

from export_pipeline.on_demand.request import Request
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.format import Format
from export_pipeline.write.paths import Target


@dataclass(frozen=True, slots=True)
class Location:
    """A destination, and in it the export's own folder; or, with `output`, a folder of the user's.

    `name` is the user's name for the one file there is.
    """

    destination: Destination
    export_id: str
    is_output: bool = False
    name: str | None = None

    def target(self, stem: str, dataset: str, fmt: Format) -> Target:
        """Return the places of the file `stem`, of rows of `dataset`."""
        if self.is_output:
            return Target.of_file(self.name or f"{stem}{fmt.extension}", dataset, fmt)
        return replace(Target.of_export(self.export_id, stem, fmt), dataset=dataset)


def location_of(request: Request, export_id: str) -> Location:
    """Return where the request's files go. Raises: ConfigError for an output that is none."""
    output, settings = request.packing.output, request.settings
    if output is None:
        return Location(settings.destination, export_id)
    if request.gives_one_file and not output.endswith("/"):
        folder, name = _parent(output)
        return Location(open_destination(folder, settings.s3_options), export_id, is_output=True, name=name)
    return Location(open_destination(output, settings.s3_options), export_id, is_output=True)


def _parent(output: str) -> tuple[str, str]:
    if "://" in output:
        folder, _, name = output.rpartition("/")
        return folder, name
    path = Path(output).absolute()
    return str(path.parent), path.name
