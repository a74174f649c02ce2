"""Where the files of a one-off export lie: in its own folder below `exports/`, or where the request says."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.output_name import require_true_name
from export_pipeline.on_demand.output_place import require_outside
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.format import Format
from export_pipeline.write.paths import Target

if TYPE_CHECKING:
    from export_pipeline.on_demand.request import Request


@dataclass(frozen=True, slots=True)
class Location:
    """A destination, and in it the export's own folder; or, with `output`, a folder of the user's.

    `name` is the user's name for the one file there is.
    """

    destination: Destination
    export_id: str
    is_output: bool = False
    name: str | None = None
    made: tuple[Path, ...] = ()
    """Local folders that the output needs and that were not there, the deepest first."""

    def target(self, stem: str, dataset: str, fmt: Format) -> Target:
        """Return the places of the file `stem`, of rows of `dataset`."""
        if self.is_output:
            return Target.of_file(self.name or f"{stem}{fmt.extension}", dataset, fmt)
        return replace(Target.of_export(self.export_id, stem, fmt), dataset=dataset)


def check_output(request: "Request", *, is_packed_as_asked: bool = True) -> None:
    """Look at the output, as far as can be before anything is written. Raises: ConfigError for one that cannot be.

    Its name is only held against a format that is the one which was asked for.
    """
    if request.packing.output in {None, STREAM}:
        return
    location, fmt = location_of(request, "check"), request.packing.fmt
    target = location.target("check", "check", fmt)
    require_outside(location.destination, location.name, request.settings.destination)
    if location.name is None:
        return
    if is_packed_as_asked:
        require_true_name(location.name, request.packing)
    if not isinstance(location.destination, LocalDestination):
        return
    path = location.destination.root / target.data
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; write {path}/ to put the file into it, or name a file")


def location_of(request: "Request", export_id: str) -> Location:
    """Return where the request's files go. Raises: ConfigError for an output that is none."""
    output, settings = request.packing.output, request.settings
    if output is None:
        return Location(settings.destination, export_id)
    if not output.strip():
        raise ConfigError("it is empty; name a file or a folder, or leave it out")
    if request.gives_one_file and not output.endswith("/"):
        folder, name = _parent(output)
    else:
        folder, name = output, None
    destination = open_destination(folder, settings.s3_options)
    return Location(destination, export_id, is_output=True, name=name, made=_missing(destination))


def _missing(destination: Destination) -> tuple[Path, ...]:
    if not isinstance(destination, LocalDestination):
        return ()
    return tuple(folder for folder in (destination.root, *destination.root.parents) if not folder.exists())


def _parent(output: str) -> tuple[str, str]:
    if "://" in output:
        folder, _, name = output.rpartition("/")
        if folder.endswith(":/"):
            raise ConfigError(f"{output} is a bucket; write {output}/ to put the file into it, or name a file")
        return folder, name
    path = Path(output).absolute()
    return str(path.parent), path.name
