"""The options of `export-pipeline export`: one for each field of a request, by the field's name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from export_pipeline.cli.options import DEFAULT_HOME, HomeOption
from export_pipeline.errors import ConfigError

_WHAT: Final = "What"
_ROWS: Final = "Which rows and columns"
_FILES: Final = "Which files"
_HOW: Final = "How"
_NAMED: Final = {"columns": "columns", "nested": "relations"}

Texts = list[str] | None


def export(  # noqa: PLR0913, PLR0917 - a parameter is an option
    datasets: Annotated[
        Texts, typer.Argument(metavar="[DATASET]...", help="logs, anomalies, ips; one or several.", show_default=False)
    ] = None,
    table: Annotated[
        Texts,
        typer.Option(
            help="Any other table, view or partitioned parent; repeatable.",
            metavar="SCHEMA.NAME",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="YAML or JSON file with any of the fields; options go before it.", rich_help_panel=_WHAT),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Fills in what is left out: training, audit or ticket.", rich_help_panel=_WHAT)
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="From this ISO date or time on, itself included; UTC unless it says.", rich_help_panel=_ROWS),
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="Up to this ISO date or time, itself left out.", rich_help_panel=_ROWS)
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option(help="With --table: the column that --start and --end speak of.", rich_help_panel=_ROWS),
    ] = None,
    filter: Annotated[  # noqa: A002 - the flag's name
        Texts,
        typer.Option(
            help="Condition, for example 'syslog_severity<=4'; repeatable, all must hold.", rich_help_panel=_ROWS
        ),
    ] = None,
    process: Annotated[
        Texts, typer.Option(help="Program whose logs are wanted, in any case; repeatable.", rich_help_panel=_ROWS)
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Columns in this order, separated by commas.", metavar="A,B,C", rich_help_panel=_ROWS),
    ] = None,
    compute: Annotated[
        Texts, typer.Option(help="Computed column, for example 'profit=sale-cost'; repeatable.", rich_help_panel=_ROWS)
    ] = None,
    nested: Annotated[
        str | None,
        typer.Option(help="Related rows to carry along, for example log_entry,device.", rich_help_panel=_ROWS),
    ] = None,
    format: Annotated[  # noqa: A002 - the flag's name
        str | None,
        typer.Option(
            help="parquet, csv, json, jsonl or xlsx; by default the preset's, or else parquet.", rich_help_panel=_FILES
        ),
    ] = None,
    compression: Annotated[
        str | None,
        typer.Option(
            help="none, gzip, zstd or snappy; by default the preset's, or else zstd in Parquet, none elsewhere.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    compression_level: Annotated[
        int | None,
        typer.Option(
            help="How hard to compress: gzip 1 to 9, zstd 1 to 19; by default a fast one.", rich_help_panel=_FILES
        ),
    ] = None,
    split_rows: Annotated[
        int | None,
        typer.Option(
            help="Begin a new file after this many rows; by default the preset's, or else never.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    split_bytes: Annotated[
        int | None,
        typer.Option(help="Begin a new file at about this many bytes; by default never.", rich_help_panel=_FILES),
    ] = None,
    zip: Annotated[  # noqa: A002 - the flag's name
        bool | None,
        typer.Option("--zip/--no-zip", help="Put all files into one archive; by default not.", rich_help_panel=_FILES),
    ] = None,
    totals: Annotated[
        bool | None,
        typer.Option(
            "--totals/--no-totals", help="xlsx: add a row of sums, as formulas; by default not.", rich_help_panel=_FILES
        ),
    ] = None,
    long_cells: Annotated[
        str | None,
        typer.Option(
            help="xlsx: texts over 32,767 characters: error or cut; by default the preset's, or else error.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="File or folder to write; `-` for standard output; by default exports/ID/.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    batch_rows: Annotated[
        int | None, typer.Option(help="Most rows in a batch; by default the setting.", rich_help_panel=_HOW)
    ] = None,
    batch_bytes: Annotated[
        int | None, typer.Option(help="Most bytes in a batch; by default the setting.", rich_help_panel=_HOW)
    ] = None,
    validation_level: Annotated[
        str | None,
        typer.Option(help="none, basic or strict; by default the preset's, or else the setting.", rich_help_panel=_HOW),
    ] = None,
    on_invalid: Annotated[
        str | None,
        typer.Option(
            help="keep, quarantine or fail; by default the preset's, or else the setting.", rich_help_panel=_HOW
        ),
    ] = None,
    max_invalid_ratio: Annotated[
        float | None,
        typer.Option(help="Share of invalid rows above which it fails; by default the setting.", rich_help_panel=_HOW),
    ] = None,
    include_metadata: Annotated[
        bool | None,
        typer.Option(
            "--include-metadata/--no-include-metadata",
            help="Add columns that say where rows come from; by default the preset's, or else not.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    preview: Annotated[
        int | None,
        typer.Option(help="Only try it on this many rows; publish nothing.", metavar="N", rich_help_panel=_HOW),
    ] = None,
    requested_by: Annotated[str | None, typer.Option(help="Who asks, for the history.", rich_help_panel=_HOW)] = None,
    yes: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--yes", "-y", help="Ask nothing before a large export.", rich_help_panel=_HOW)
    ] = False,
    detach: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--detach", help="Go on in the background; print the export's id.", rich_help_panel=_HOW)
    ] = False,
    json: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--json", help="Print what was published as one object.", rich_help_panel=_HOW)
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(
            help="Export at the installation behind this webserver, such as http://host:3000.", rich_help_panel=_HOW
        ),
    ] = None,
    export_id: Annotated[str | None, typer.Option(hidden=True)] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Export rows now: any span of time, any columns, any format. All of it is published, or nothing.

    Reads the source of the settings, or else the embedded database of the home.

    Examples:
        export-pipeline export logs --start 2026-11-20 --end 2026-11-21 --format csv --compression gzip

        export-pipeline export logs --filter 'syslog_severity<=3' --columns timestamp,message --format xlsx -o e.xlsx

        export-pipeline export --table public.devices --format jsonl -o - | head
    """
    from export_pipeline.cli.export import Manner, run_export  # noqa: PLC0415 - takes a second to load
    from export_pipeline.cli.export_config import read_config  # noqa: PLC0415 - as above

    given = {
        "preset": preset,
        "datasets": datasets,
        "tables": table,
        "start": start,
        "end": end,
        "time_column": time_column,
        "filters": filter,
        "processes": process,
        "columns": _split("columns", columns),
        "compute": compute,
        "nested": _split("nested", nested),
        "format": format,
        "compression": compression,
        "compression_level": compression_level,
        "split_rows": split_rows,
        "split_bytes": split_bytes,
        "zip": zip,
        "totals": totals,
        "long_cells": long_cells,
        "output": output,
        "batch_rows": batch_rows,
        "batch_bytes": batch_bytes,
        "validation_level": validation_level,
        "on_invalid": on_invalid,
        "max_invalid_ratio": max_invalid_ratio,
        "include_metadata": include_metadata,
        "preview": preview,
        "requested_by": requested_by,
    }
    given = read_config(config) | _without_none(given)
    manner = Manner(yes, detach, json, export_id)
    if url is not None:
        from export_pipeline.cli.export_remote import run_remote_export  # noqa: PLC0415 - as above

        raise typer.Exit(run_remote_export(given, url, manner))
    run_export(given, home, manner)


def _split(flag: str, text: str | None) -> list[str] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ConfigError(f"--{flag}: it is empty; name {_NAMED[flag]}, or leave it out")
    return parts


def _without_none(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, [])}
