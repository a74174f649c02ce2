"""Every group of checks, in the order in which they are run: the only place to add one."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from export_pipeline.datasets.registry import find_dataset
from export_pipeline.errors import ConfigError
from export_pipeline.preflight.bounded import findings_of
from export_pipeline.preflight.dataset import check_dataset
from export_pipeline.preflight.destination import check_destination
from export_pipeline.preflight.finding import Finding, failed, not_looked_at, ok
from export_pipeline.preflight.look import Look
from export_pipeline.preflight.server import check_server
from export_pipeline.settings import Settings

Check = Callable[[Look], Iterator[Finding]]
NamedCheck = tuple[str, Check]

FIRST: Final[Sequence[NamedCheck]] = (("source", check_server),)
LAST: Final[Sequence[NamedCheck]] = (("destination", check_destination),)


def preflight(
    load: Callable[[], Settings], chosen: Sequence[str] = (), more: Sequence[NamedCheck] = ()
) -> Iterator[Finding]:
    """Yield what all checks find: of the datasets `chosen`, or of every one that is switched on.

    `load` gives the settings; `more` are checks of the caller's own, run at the end.
    Raises: ConfigError for a dataset that does not exist.
    """
    for name in chosen:
        find_dataset(name)
    try:
        settings = load()
        names = tuple(chosen) or tuple(dataset.name for dataset in settings.enabled_datasets)
    except ConfigError as error:
        yield from (_of_line(line) for line in str(error).splitlines())
        for name, _ in (*FIRST, *LAST, *more):
            yield not_looked_at(name, "the settings are wrong")
        return
    yield ok("settings", f"read; datasets {', '.join(names)}")
    look = Look(settings, names)
    datasets: list[NamedCheck] = [(name, partial(check_dataset, name=name)) for name in names]
    for name, check in (*FIRST, *datasets, *LAST, *more):
        yield from findings_of(name, partial(check, look))


def _of_line(line: str) -> Finding:
    """Return a mistake in the settings as a finding; not each one comes with an example."""
    found, separator, next_step = line.rpartition("; ")
    advice = next_step if separator else "mend it there; docs/configuration.md describes it"
    return failed("settings", found if separator else line, advice)
