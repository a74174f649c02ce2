"""What `export-pipeline export` says when it is done: to people on standard error, where the files are on standard output."""

from collections.abc import Sequence

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.preview import Preview, Row
from export_pipeline.on_demand.run import Delivery


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
    errors.print(f"export {delivery.export_id}: {decimal(delivery.bytes)} in {len(delivery.files)} files", markup=False)
    output = Console(highlight=False)
    for file in delivery.files:
        if file.uri != STREAM:
            output.print(file.uri, markup=False, soft_wrap=True)


def report_previews(previews: Sequence[Preview]) -> None:
    """Show the rows before and after."""
    output = Console(highlight=False)
    for one in previews:
        output.print(_table(f"{one.item.name}: before", one.item.plan.source_schema.names, one.before))
        output.print(_table(f"{one.item.name}: after", one.item.plan.published_schema.names, one.after))


def _table(title: str, names: Sequence[str], rows: Sequence[Row]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name, overflow="ellipsis")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    return table
