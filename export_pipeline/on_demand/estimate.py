"""What an export will take, before it starts: rows as the server's planner guesses them, size and time by a sample."""

import json
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Final

from adbc_driver_postgresql import StatementOptions

from export_pipeline.errors import ExportError
from export_pipeline.extract.query import copy_query
from export_pipeline.extract.source import Source, Timeouts
from export_pipeline.on_demand.item import Item
from export_pipeline.rejected_rows import RejectedRows
from export_pipeline.schemas.policy import OnInvalid
from export_pipeline.source_rows import open_source_rows
from export_pipeline.stages import StageProfile
from export_pipeline.write.formats.format import Format
from export_pipeline.write.hashing_sink import HashingSink

_SAMPLE_ROWS: Final = 5_000
_PATIENCE: Final = Timeouts(connect_s=10, lock_s=2, statement_s=2, idle_in_transaction_s=10)
_NOWHERE: Final = Path("/dev/null")


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how many rows an item has; how many bytes and seconds they take, None where no sample was had in time."""

    rows: int
    bytes: int | None = None
    seconds: float | None = None


def estimate(item: Item, source: Source, fmt: Format | None) -> Estimate:
    """Ask the planner, and send the first rows through the whole flow to nowhere; without a format, ask alone.

    Raises: TransientError, PermanentError where the source cannot be asked; the sample is left out where it takes long.
    """
    rows = _planned_rows(item, source.within(_PATIENCE))
    if fmt is None:
        return Estimate(rows)
    try:
        sampled, size, seconds = _sample(item, source.within(_PATIENCE), fmt)
    except ExportError:  # the export itself will say it, or has more patience
        return Estimate(rows)
    if sampled < _SAMPLE_ROWS:
        return Estimate(sampled, size, seconds)
    return Estimate(rows, round(size / sampled * rows), seconds / sampled * rows)


def _planned_rows(item: Item, source: Source) -> int:
    selection = replace(item.plan.selection, window=item.window)
    with source.asking() as cursor:
        cursor.adbc_statement.set_options(**{StatementOptions.USE_COPY.value: "false"})  # EXPLAIN is no query to COPY
        cursor.execute(f"EXPLAIN (FORMAT JSON) {copy_query(selection)}")
        ((plan,),) = cursor.fetchall()
    return int(json.loads(plan)[0]["Plan"]["Plan Rows"])


def _sample(item: Item, source: Source, fmt: Format) -> tuple[int, int, float]:
    """Return rows read, bytes written, seconds taken."""
    policy = replace(item.plan.policy, on_invalid=OnInvalid.KEEP, max_invalid_ratio=1.0)
    plan = replace(item.plan.checked(policy), limit=_SAMPLE_ROWS)
    with _NOWHERE.open("wb") as nowhere:
        sink = HashingSink(nowhere, _NOWHERE)
        rejected = RejectedRows(lambda: HashingSink(nowhere, _NOWHERE), plan.source_schema)
        begun = perf_counter()
        try:
            with open_source_rows(plan, source, item.window, f"{item.name} sample", rejected) as rows:
                writer = fmt.open(sink, plan.published_schema)
                with closing(rows.batches(StageProfile())) as batches:
                    for batch in batches:
                        writer.write(batch)
                writer.close()
        except BaseException:
            sink.discard()
            raise
    return rows.account.expected_rows, sink.tell(), perf_counter() - begun
