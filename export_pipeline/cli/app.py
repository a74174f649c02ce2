"""The console script `export-pipeline`: its commands and options, and how an error ends it.

What a command does is in the file of its name. Imports that take a second stay inside the commands.
"""

# ruff: noqa: PLC0415 - see above

import signal
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from export_pipeline.cli.exit_codes import EXIT_PERMANENT, EXIT_READER_GONE, EXIT_TRANSIENT
from export_pipeline.cli.export_command import export
from export_pipeline.cli.exports.commands import commands
from export_pipeline.cli.options import DEFAULT_HOME, HomeOption
from export_pipeline.cli.standard_output import guarded_output
from export_pipeline.errors import ExportError, ReaderGoneError, TransientError

app = typer.Typer(
    name="export-pipeline",
    help="Exact, loss-free, fast exports of PostgreSQL tables, run by Dagster.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def demo(  # noqa: PLR0913, PLR0917 - a parameter is an option
    logs: Annotated[int, typer.Option(help="Log rows to generate; anomalies and addresses follow.", min=1)] = 200_000,
    days: Annotated[int, typer.Option(help="Days that they spread over, ending today (UTC).", min=1)] = 7,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.", min=0)] = 2024,
    home: HomeOption = DEFAULT_HOME,
    json: Annotated[Path | None, typer.Option(help="Write the final table to this file as JSON.")] = None,
    live: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--live", help="Then open the UI, while rows come, change and go, until Ctrl-C.")
    ] = False,
    rate: Annotated[int, typer.Option(help="With --live: new rows a second.", min=1, max=10_000)] = 20,
    port: Annotated[int, typer.Option(help="With --live: port of the UI on 127.0.0.1.", min=1, max=65535)] = 3000,
) -> None:
    """Fill an embedded PostgreSQL with generated rows and export all of it through Dagster.

    Run it again: what is published already is not exported again.
    """
    from export_pipeline.cli.demo import run_demo
    from export_pipeline.cli.home import SampleRecord

    sample = SampleRecord(logs, days, seed, datetime.now(UTC).date())
    if live:
        from export_pipeline.cli.live import run_live

        raise typer.Exit(run_live(sample, home, json, rate, port))
    raise typer.Exit(run_demo(sample, home, json))


@app.command()
def dev(
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[int, typer.Option(help="Port of the UI on 127.0.0.1.", min=1, max=65535)] = 3000,
) -> None:
    """Open the home in the Dagster UI; Ctrl-C stops the UI and the database."""
    from export_pipeline.cli.dev import run_dev

    raise typer.Exit(run_dev(home, port))


@app.command()
def check(
    dataset: Annotated[list[str] | None, typer.Option(help="Look at this dataset only; may be given again.")] = None,
    home: HomeOption = DEFAULT_HOME,
    json: Annotated[bool, typer.Option("--json", help="Print an array of objects instead of a table.")] = False,  # noqa: FBT002
) -> None:
    """Say what stands between this configuration and the first published partition, and what to do about it.

    Looks at settings, source, datasets, destination and Dagster; changes nothing. Exit code 0: nothing is marked ✗;
    warnings (!) do not count. Reads the source of the settings, or else the embedded database of the home.
    """
    from export_pipeline.cli.check import run_check

    raise typer.Exit(run_check(home, dataset or [], as_json=json))


app.command()(export)
app.add_typer(commands)


@app.command()
def health(
    home: HomeOption = DEFAULT_HOME,
    json: Annotated[bool, typer.Option("--json", help="Print an array of objects instead of a table.")] = False,  # noqa: FBT002
) -> None:
    """Say whether the installation works: databases, destination, daemon, queue, failures, freshness.

    Exit code 0: nothing is marked ✗; warnings (!) do not count. Looks at the databases of the environment, or else
    at those of the home.
    """
    from export_pipeline.cli.health import run_health

    raise typer.Exit(run_health(home, as_json=json))


def main() -> None:
    """Run the command line; an error of ours is one message and an exit code, not a traceback."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        # Both end a command in order, and SIGINT does so too where a shell's `&` has switched it off.
        signal.signal(sign, _interrupt)
    try:
        with guarded_output():
            app()
    except ReaderGoneError:
        raise SystemExit(EXIT_READER_GONE) from None
    except ExportError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]error[/]: {_escaped(error)}", soft_wrap=True)
        raise SystemExit(EXIT_TRANSIENT if isinstance(error, TransientError) else EXIT_PERMANENT) from None


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _escaped(error: ExportError) -> str:
    from rich.markup import escape

    return escape(str(error))
