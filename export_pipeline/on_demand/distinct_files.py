"""No two datasets of a request may write the same file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.location import location_of

if TYPE_CHECKING:
    from export_pipeline.on_demand.request import Request


def require_distinct_files(request: "Request", datasets: Mapping[str, Dataset]) -> None:
    """Refuse a table that was asked for by two names, and a file that has the name of another's manifest.

    Raises: ConfigError.
    """
    by_stem: dict[str, list[str]] = {}
    for asked, dataset in datasets.items():
        by_stem.setdefault(dataset.name, []).append(asked)
    if twice := [" and ".join(names) for names in by_stem.values() if len(names) > 1]:
        raise ConfigError(f"{', '.join(twice)} are the same; name it once")
    if len(datasets) > 1:
        _require_distinct_paths(request, datasets)


def _require_distinct_paths(request: "Request", datasets: Mapping[str, Dataset]) -> None:
    by_path: dict[str, str] = {}
    for asked, dataset in datasets.items():
        for path in _paths(request, dataset.name):
            if (other := by_path.setdefault(path, asked)) != asked:
                raise ConfigError(f"{other} and {asked} would both write {path}; export them one after the other")


def _paths(request: "Request", name: str) -> set[str]:
    """Return the names of the files, or members of the archive, that a dataset begins with."""
    packing = request.packing
    stem = packing.stem(name, 1)
    if request.gives_one_file:
        return {f"{stem}{packing.fmt.extension}"} | ({f"{name}.manifest.json"} if packing.has_manifests else set())
    target = location_of(request, "check").target(stem, name, packing.fmt)
    return {path.name for path in (target.data, target.manifest, target.quarantine) if path}
