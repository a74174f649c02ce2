"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Final

import typer

DEFAULT_HOME: Final = Path(".export_pipeline")

HomeOption = Annotated[Path, typer.Option(help="Folder of the embedded database, Dagster's files and the exports.")]
