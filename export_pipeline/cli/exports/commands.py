"""The options of the commands about one-off exports. What a command does is in the file of its name."""

# ruff: noqa: PLC0415 - imports that take a second stay inside the commands

from pathlib import Path
from typing import Annotated

import typer

from export_pipeline.cli.options import DEFAULT_HOME, HomeOption

commands = typer.Typer()

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The export's id, or its first characters: four or more.")
]
UrlOption = Annotated[
    str | None, typer.Option(help="Ask the webserver there, such as http://host:3000, instead of this machine.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@commands.command("list")
def list_(  # noqa: PLR0913, PLR0917 - a parameter is an option
    status: Annotated[
        str | None, typer.Option(help="queued, running, succeeded, failed, canceled or deleted ones only.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Those of this dataset or table only.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Those requested since this ISO date or time, or within this span: 7d.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Most exports to show.", min=1)] = 20,
    before: Annotated[str | None, typer.Option(help="Go on behind this id: the last of the page before.")] = None,
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """List one-off exports, newest first."""
    from export_pipeline.cli.exports.listing import run_list, wanted_of
    from export_pipeline.cli.exports.opening import opened

    wanted = wanted_of(status, dataset, since)
    with opened(home, url) as access:
        run_list(access.history, wanted, before, limit, as_json=json)


@commands.command()
def show(
    export_id: IdArgument,
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show everything that is known of an export: request, times, figures, error."""
    from export_pipeline.cli.exports.opening import opened
    from export_pipeline.cli.exports.showing import run_show

    with opened(home, url) as access:
        run_show(access.history, export_id, as_json=json)


@commands.command()
def status(
    export_id: IdArgument,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show progress until it has ended.")] = False,  # noqa: FBT002
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Say where an export stands. Exit code 0: it succeeded; 75: it has not ended yet; 1: anything else."""
    from export_pipeline.cli.exports.opening import opened
    from export_pipeline.cli.exports.watching import run_status

    with opened(home, url) as access:
        raise typer.Exit(run_status(access.history, export_id, watch=watch, as_json=json))


@commands.command()
def download(
    export_id: IdArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to put the files into; made when missing.")],
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Fetch the files of an export, checked by size and sha256; run again, it goes on where it stopped.

    The files come straight from where exports are published: that must be set on this machine (EXPORT_ROOT, and for a
    bucket its credentials). --url only looks the export up.
    """
    from export_pipeline.cli.exports.downloading import run_download
    from export_pipeline.cli.exports.opening import opened_files

    with opened_files(home, url, export_id) as (settings, whole_id):
        run_download(settings, whole_id, output)


@commands.command()
def link(
    export_id: IdArgument,
    expires: Annotated[str, typer.Option(help="How long the links work: 15m, 1h, 7d at most.")] = "1h",
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Print links by which anybody can fetch the files of an export for a while. Exports in a bucket only.

    They are signed on this machine with its credentials for the bucket. --url only looks the export up.
    """
    from export_pipeline.cli.exports.linking import run_link
    from export_pipeline.cli.exports.opening import opened_files

    with opened_files(home, url, export_id) as (settings, whole_id):
        run_link(settings, whole_id, expires, as_json=json)


@commands.command()
def delete(
    export_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, or their first four characters.")],
    yes: YesOption = False,  # noqa: FBT002 - a flag
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Delete the files of exports. Their runs are kept, and say that they were deleted."""
    from export_pipeline.cli.exports.deleting import run_delete
    from export_pipeline.cli.exports.opening import opened

    with opened(home, url) as access:
        run_delete(access, export_ids, is_sure=yes)


@commands.command()
def cleanup(  # noqa: PLR0913, PLR0917 - a parameter is an option
    older_than: Annotated[str, typer.Option(help="How long ago they ended at least: 12h, 7d, 2w.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,  # noqa: FBT002
    yes: YesOption = False,  # noqa: FBT002 - a flag
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Delete the files of old exports, and what killed processes left of others. Never touches partitions."""
    from export_pipeline.cli.exports.deleting import run_cleanup
    from export_pipeline.cli.exports.opening import opened

    with opened(home, url) as access:
        run_cleanup(access, older_than, is_dry=dry_run, is_sure=yes, as_json=json)


@commands.command()
def stats(
    url: UrlOption = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Count exports, rows and bytes: by status, dataset, format and day."""
    from export_pipeline.cli.exports.figures import run_stats
    from export_pipeline.cli.exports.opening import opened

    with opened(home, url) as access:
        run_stats(access.history, as_json=json)


@commands.command()
def cancel(export_id: IdArgument, url: UrlOption = None, home: HomeOption = DEFAULT_HOME) -> None:
    """End an export that is queued or running. Nothing of it is published."""
    from export_pipeline.cli.exports.canceling import run_cancel
    from export_pipeline.cli.exports.opening import opened

    with opened(home, url) as access:
        run_cancel(access.history, export_id)
