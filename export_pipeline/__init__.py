"""export_pipeline: exact, loss-free, fast exports of PostgreSQL tables, run by Dagster.

source table ─▶ extract ─▶ validate ─▶ transforms … ─▶ publish. Read `flow.py` first: it shows the whole flow in one
screenful, without Dagster. `datasets/` says what is exported; `extract/`, `schemas/`, `transforms/` and `write/` are
the four steps, which do not know each other; `defs/` and `definitions.py` put the flow into Dagster; `cli/` is
`export-pipeline …`; `embedded/` is a private PostgreSQL for trying all of it out.
"""

from importlib.metadata import version

__version__ = version("export-pipeline")
