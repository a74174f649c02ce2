"""What `export-pipeline export` says when it is done: words to standard error, places and rows to standard output."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from export_pipeline.cli.standard_output import printing
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.preview import Preview, Row
from export_pipeline.on_demand.record import about
from export_pipeline.on_demand.run import Delivery

_UNPUBLISHED: Final = "nothing is published"


@dataclass(frozen=True, slots=True)
class Results:
    """What the run gave. It is printed behind the run: what is printed inside of it, Dagster keeps in its logs."""

    delivered: list[Delivery] = field(default_factory=list)
    previewed: list[Preview] = field(default_factory=list)

    def report(self, *, as_json: bool) -> None:
        """Print it. Raises: DestinationError, ReaderGoneError; what is published stays published."""
        for delivery in self.delivered:
            (print_json if as_json else report_delivery)(delivery)
        if self.previewed:
            report_previews(self.previewed)


def report_delivery(delivery: Delivery) -> None:
    """Say what was published, and print where."""
    errors = Console(stderr=True, highlight=False)
    for warning in delivery.warnings:
        errors.print(f"warning: {warning}", markup=False, soft_wrap=True)
    for one in delivery.finished:
        account = one.account
        filtered = f", {account.filtered_count:,} filtered out" if account.filtered_count else ""
        errors.print(
            f"{one.item.name}: {one.rows:,} rows, {account.invalid_count:,} invalid, "
            f"{account.quarantined_count:,} quarantined{filtered}",
            markup=False,
            soft_wrap=True,
        )
    files = "1 file" if len(delivery.files) == 1 else f"{len(delivery.files)} files"
    errors.print(f"export {delivery.export_id}: {decimal(delivery.bytes)} in {files}", markup=False)
    uris = [file.uri for file in delivery.files if file.uri != STREAM]
    if uris:
        with printing(_published(delivery)) as stream:
            stream.write("".join(f"{uri}\n" for uri in uris))


def print_json(delivery: Delivery) -> None:
    """Print what was published as one object."""
    content = {
        "export_id": delivery.export_id,
        "rows": delivery.rows,
        "bytes": delivery.bytes,
        "files": [asdict(file) for file in delivery.files],
        "datasets": [about(one) for one in delivery.finished],
    }
    with printing(_published(delivery)) as stream:
        stream.write(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")


def report_previews(previews: Sequence[Preview]) -> None:
    """Show the rows before and after."""
    with printing(_UNPUBLISHED) as stream:
        _show(previews, Console(file=stream, highlight=False))


def _show(previews: Sequence[Preview], output: Console) -> None:
    for one in previews:
        before, after = one.item.plan.source_schema.names, one.item.plan.published_schema.names
        if one.is_aligned:
            for number, (was, becomes) in enumerate(zip(one.before, one.after, strict=True), 1):
                output.print(
                    _row_table(f"{one.item.name}: row {number}", list(dict.fromkeys((*after, *before))), was, becomes)
                )
            continue
        for title, names, rows in (("before", before, one.before), ("after", after, one.after)):
            for number, row in enumerate(rows, 1):
                output.print(_row_table(f"{one.item.name}: row {number} {title}", names, row, {}))
    for one in previews:
        flow = f"{len(one.before)} rows read, {len(one.after)} would be published"
        aside = f"{one.account.filtered_count} filtered out, {one.account.invalid_count} invalid"
        output.print(f"{one.item.name}: {flow}, {aside}", markup=False)
    output.print(f"preview: {_UNPUBLISHED}", markup=False)


def _published(delivery: Delivery) -> str:
    return f"export {delivery.export_id} is published all the same"


def _row_table(title: str, names: Sequence[str], before: Row, after: Row) -> Table:
    """Return a row on its side: a line a column, with its value before and after."""
    table = Table(title=title, title_justify="left", show_edge=False)
    table.add_column("column")
    for heading, row in (("before", before), ("after", after)):
        if row:
            table.add_column(heading, overflow="fold")
    for name in names:
        table.add_row(name, *(_cell(row, name) for row in (before, after) if row))
    return table


def _cell(row: Row, name: str) -> Text:
    """Return a value in full; NULL is not the empty text."""
    if name not in row:
        return Text("-", style="dim")
    value = row[name]
    return Text("NULL", style="dim") if value is None else Text(_visible(str(value)))


def _visible(text: str) -> str:
    """Return `text` with its control characters as escapes: a terminal would obey them."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
