"""Moves the rows of an export into a writer, and says how far it is."""

from contextlib import closing
from itertools import count
from time import perf_counter
from typing import NamedTuple

from export_pipeline.progress import OnProgress, Progress
from export_pipeline.published_rows import PublishedRows
from export_pipeline.source_rows import SourceRows
from export_pipeline.stages import StageProfile
from export_pipeline.write.formats.format import BatchWriter


class Watch(NamedTuple):
    """Who is told of an export while it runs: of the seconds of its stages, and of how far it is."""

    profile: StageProfile
    on_progress: OnProgress


Named = tuple[str, str, str]
"""Dataset, format and partition (or export), as progress names them."""


def pour(rows: SourceRows | PublishedRows, writer: BatchWriter, named: Named, watch: Watch) -> int:
    """Write all rows and close the writer; return how many were written."""
    profile, on_progress = watch
    begun, done, account = perf_counter(), 0, rows.account
    with closing(rows.batches(profile)) as batches:
        for number, batch in zip(count(1), batches):
            with profile.timed("write"):
                writer.write(batch)
            done += batch.num_rows
            account.see(batch)
            handled = done + account.set_aside + account.filtered_count
            on_progress(Progress(*named, handled, account.expected_rows, number, perf_counter() - begun))
    with profile.timed("write"):
        writer.close()
    return done
