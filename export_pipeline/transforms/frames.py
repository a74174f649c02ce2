"""Batches as what users' functions take, and back: pandas and Polars DataFrames, Arrow tables and record batches.

No type is lost on the way: pandas gets Arrow's own types, in which whole numbers may be NULL and decimals stay exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa

from export_pipeline.errors import ConfigError, TransformError


@dataclass(frozen=True, slots=True)
class Frame:
    """One kind of frame: how a batch becomes one, and a returned one a table again."""

    kind: type
    given: Callable[[pa.RecordBatch], Any]
    read: Callable[[Any], pa.Table]

    def taken(self, returned: object, rows: int, where: str) -> pa.Table:
        """Return what a function returned for `rows` rows as a table.

        Raises: TransformError, beginning with `where`, for another kind of value, for columns of mixed types, and where
        a pandas index shows that rows moved.
        """
        if not isinstance(returned, self.kind):
            raise TransformError(f"{where}: it returned {_named(type(returned))} in place of {_named(self.kind)}")
        if isinstance(returned, pd.DataFrame) and len(returned) == rows and not _in_order(returned):
            raise TransformError(
                f"{where}: the index that it returned is not 0, 1, 2 …: the rows were put in another order, or the "
                "index was replaced; return the same rows in the same order"
            )
        try:
            return self.read(returned)
        except pa.ArrowException as error:  # its first argument shows a value
            said = str(error.args[-1]) if len(error.args) > 1 else type(error).__name__
            raise TransformError(f"{where}: it returned columns that have no one type: {said}") from None


def frame_of(annotation: object, path: str, example: str) -> Frame:
    """Return the frame that `annotation` asks for. Raises: ConfigError listing those there are."""
    found = next((frame for frame in _FRAMES if frame.kind is annotation), None)
    if found is None:
        raise ConfigError(
            f"{path}: its first argument is annotated {_named(annotation)}; allowed are "
            f"{', '.join(_named(frame.kind) for frame in _FRAMES)}; for example {example}; see docs/custom.md"
        )
    return found


def _to_pandas(batch: pa.RecordBatch) -> pd.DataFrame:
    frame: pd.DataFrame = batch.replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _of_pandas(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _to_polars(batch: pa.RecordBatch) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(batch))


def _of_polars(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _in_order(frame: pd.DataFrame) -> bool:
    return frame.index.equals(pd.RangeIndex(len(frame)))


def _named(annotation: object) -> str:
    module = getattr(annotation, "__module__", "")
    short = {"pandas": "pandas.", "polars": "polars.", "pyarrow": "pyarrow."}.get(module.partition(".")[0], "")
    return f"{short}{getattr(annotation, '__name__', annotation)}"


_FRAMES = (
    Frame(pd.DataFrame, _to_pandas, _of_pandas),
    Frame(pl.DataFrame, _to_polars, _of_polars),
    Frame(pa.Table, lambda batch: pa.Table.from_batches([batch]), lambda table: table),
    Frame(pa.RecordBatch, lambda batch: batch, lambda batch: pa.Table.from_batches([batch])),
)
