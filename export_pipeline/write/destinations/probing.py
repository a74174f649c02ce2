"""Trying out what a place can do, one ability after the other."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from export_pipeline.errors import ExportError
from export_pipeline.write.destinations.destination import Ability


@dataclass(frozen=True, slots=True)
class Trial:
    """What shows that a place has an ability; it raises an ExportError where not."""

    name: str
    run: Callable[[], object]
    is_required: bool = True


def try_all(trials: Sequence[Trial]) -> Iterator[Ability]:
    """Yield what each trial showed; those behind a required one that failed are not run."""
    for trial in trials:
        try:
            trial.run()
        except ExportError as exc:
            yield Ability(trial.name, str(exc), trial.is_required)
            if trial.is_required:
                return
        else:
            yield Ability(trial.name, None, trial.is_required)


def free_bytes(folder: Path) -> int | None:
    """Return how many bytes are free at `folder`, or at its nearest parent that can be seen."""
    place = next((place for place in (folder, *folder.parents) if os.access(place, os.F_OK)), None)
    if place is None:
        return None
    stat = os.statvfs(place)
    return stat.f_bavail * stat.f_frsize
