"""A request whose every field is known to be right: made of `fields.py` before anything is connected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from export_pipeline.datasets.of_table import dataset_of_table
from export_pipeline.datasets.registry import find_dataset
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import Window
from export_pipeline.extract.source import Source
from export_pipeline.filters.parse import parse_filter
from export_pipeline.on_demand.distinct_files import require_distinct_files
from export_pipeline.on_demand.fields import RequestFields, read_fields
from export_pipeline.on_demand.item import Item, item_of
from export_pipeline.on_demand.location import check_output
from export_pipeline.on_demand.mistakes import Mistakes
from export_pipeline.on_demand.moments import read_moment
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.packing import Packing, packing_of
from export_pipeline.on_demand.scopes import bare_entries, require_known_scopes
from export_pipeline.settings import Settings
from export_pipeline.transforms.compute import parse_compute

_PACKING = ("preset", "format", "compression", "zip")
_SCOPED = ("filters", "columns", "compute", "nested")


@dataclass(frozen=True, slots=True)
class Request:
    """What is exported. The datasets' plans are known to be right; what tables have, the source must say first."""

    fields: RequestFields
    settings: Settings = field(repr=False)
    window: Window
    packing: Packing
    tables: tuple[TableName, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The datasets and tables, as they were asked for."""
        return (*self.fields.datasets, *self.fields.tables)

    @property
    def gives_one_file(self) -> bool:
        """Whether all of it becomes one file."""
        return self.packing.is_zip or self.packing.is_workbook or (len(self.names) == 1 and not self.packing.is_split)

    def items(self, source: Source, origin: Origin) -> Sequence[Item]:
        """Return what is read for each dataset and table; the source is asked what its tables are like.

        Raises: ConfigError with every mistake, SourceAccessError for a table that is not there, TransientError.
        """
        mistakes = Mistakes()
        datasets = {name: self.settings.dataset(name) for name in self.fields.datasets}
        if self.tables:
            with source.asking() as cursor:
                for asked, table in zip(self.fields.tables, self.tables, strict=True):
                    with mistakes.noted("tables"):
                        datasets[asked] = dataset_of_table(cursor, table, self.fields.time_column, self.settings.zone)
        items = [
            item_of(self.fields, self.settings, name, dataset, self.window, origin, mistakes)
            for name, dataset in datasets.items()
        ]
        with mistakes.noted("tables"):
            require_distinct_files(self, datasets)
        mistakes.raise_any()
        return items


def fields_of(given: Mapping[str, object]) -> RequestFields:
    """Return the fields, right as far as no settings are needed to judge them, for another machine's export.

    Raises: ConfigError with every mistake, a line each.
    """
    mistakes = Mistakes()
    fields, *_ = _read(given, mistakes)
    mistakes.raise_any()
    return fields


def request_of(given: Mapping[str, object], settings: Settings) -> Request:
    """Return the request that the fields in `given` make. Raises: ConfigError with every mistake, a line each."""
    mistakes = Mistakes()
    fields, window, packing, tables = _read(given, mistakes)
    for name in _known_datasets(fields, settings, mistakes):
        item_of(fields, settings, name, settings.dataset(name), window, Origin(), mistakes)
    request = Request(fields, settings, window, packing, tables)
    with mistakes.noted("output"):
        check_output(request, is_packed_as_asked=not mistakes.has(*_PACKING))
    mistakes.raise_any()
    return request


def _read(
    given: Mapping[str, object], mistakes: Mistakes
) -> tuple[RequestFields, Window, Packing, tuple[TableName, ...]]:
    fields = read_fields(given, mistakes)
    window = _window(fields, mistakes)
    tables = _tables(fields, mistakes)
    packing = packing_of(fields, mistakes)
    _check_scopes(fields, mistakes)
    _check_syntax(fields, mistakes)
    return fields, window, packing, tables


def _window(fields: RequestFields, mistakes: Mistakes) -> Window:
    sides = []
    for name, text in (("start", fields.start), ("end", fields.end)):
        side = None
        with mistakes.noted(name):
            side = read_moment(text) if text is not None else None
        sides.append(side)
    with mistakes.noted("start"):
        return Window(*sides)
    return Window()


def _tables(fields: RequestFields, mistakes: Mistakes) -> tuple[TableName, ...]:
    tables = []
    for text in fields.tables:
        with mistakes.noted("tables"):
            tables.append(TableName.parse(text))
    if fields.time_column is not None and not fields.tables:
        mistakes.add("time_column", "it is for `tables`; a dataset has its own")
    return tuple(tables)


def _check_scopes(fields: RequestFields, mistakes: Mistakes) -> None:
    names = [*fields.datasets, *fields.tables]
    if not names:
        mistakes.add("datasets", "nothing is chosen; name a dataset, for example logs, or a table by schema.name")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        mistakes.add("datasets", f"{', '.join(twice)} is there more than once")
    if fields.processes and "logs" not in names:
        mistakes.add("processes", "they are programs of logs; add logs to `datasets`, or leave them out")
    for name in _SCOPED:
        with mistakes.noted(name):
            require_known_scopes(getattr(fields, name), names)


def _check_syntax(fields: RequestFields, mistakes: Mistakes) -> None:
    """Read what is for a dataset that is unknown, or for a table, too; the known ones find the same, noted once."""
    for text in bare_entries(fields.filters):
        with mistakes.noted("filters"):
            parse_filter(text)
    for text in bare_entries(fields.compute):
        with mistakes.noted("compute"):
            parse_compute(text)


def _known_datasets(fields: RequestFields, settings: Settings, mistakes: Mistakes) -> list[str]:
    enabled = {dataset.name for dataset in settings.enabled_datasets}
    known = []
    for name in dict.fromkeys(fields.datasets):
        with mistakes.noted("datasets"):
            find_dataset(name)
            if name not in enabled:
                raise ConfigError(f"{name} is switched off; switch it on in its settings")
            known.append(name)
    return known
