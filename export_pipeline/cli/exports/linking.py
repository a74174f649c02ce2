"""`export-pipeline link`: links to the files of an export in a bucket."""

from pathlib import PurePosixPath

from export_pipeline.cli.exports.rendering import print_json
from export_pipeline.defs.exports.durations import parse_duration
from export_pipeline.defs.exports.stored import read_stored
from export_pipeline.settings import Settings
from export_pipeline.write.paths import export_folder


def run_link(settings: Settings, export_id: str, expires: str, *, as_json: bool) -> None:
    """Print a link a file. Raises: ConfigError where exports are not in a bucket, DestinationError."""
    expires_s = round(parse_duration("--expires", expires).total_seconds())
    destination, folder = settings.destination, export_folder(export_id)
    names = [file.name for file in read_stored(destination, export_id).files]
    links = {name: destination.link(PurePosixPath(folder, name), expires_s) for name in names}
    if as_json:
        print_json([{"name": name, "url": url} for name, url in links.items()])
        return
    for url in links.values():
        print(url)  # noqa: T201 - the command's output
