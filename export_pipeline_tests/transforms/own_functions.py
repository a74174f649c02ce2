"""Functions as users write them, for the tests of custom transforms and checks."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

VALUE = 5


def shout(rows: pl.DataFrame, mark: str = "") -> pl.DataFrame:
    return rows.with_columns(shouted=pl.col("message").str.to_uppercase() + mark)


def with_pandas(rows: pd.DataFrame) -> pd.DataFrame:
    rows["length"] = rows["message"].str.len()
    return rows


def with_table(rows: pa.Table) -> pa.Table:
    return rows.append_column("length", pc.utf8_length(rows["message"]))


def with_batch(rows: pa.RecordBatch) -> pa.RecordBatch:
    return rows.append_column("length", pc.utf8_length(rows.column("message")))


def same_pandas(rows: pd.DataFrame) -> pd.DataFrame:
    return rows


def same_polars(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def relatives(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        word=pl.col("message").cast(pl.Categorical),
        letters=pl.col("message").str.len_chars(),
        parts=pl.col("message").str.split(" "),
    )


def fewer(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.head(1)


def sorted_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("message")


def nothing(rows: pl.DataFrame) -> None:
    """Forget to return the rows."""


def drifting(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(extra=pl.lit(1.5) if len(rows) else pl.lit(1))


def misspelt(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.lit("x").alias("extra" if len(rows) == 0 else "extras"))


def moving(rows: pl.DataFrame) -> pl.DataFrame:
    return rows if len(rows) == 0 else rows.select(reversed(rows.columns))


def failing(rows: pl.DataFrame) -> pl.DataFrame:
    if len(rows):
        raise ValueError("no luck")
    return rows


def failing_inside(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(rows["no such column"]) if len(rows) else rows


def sometimes_null(rows: pd.DataFrame) -> pd.DataFrame:
    rows["note"] = pd.Series([None] * len(rows), dtype=object if len(rows) else pd.ArrowDtype(pa.string()))
    return rows


def needs_rows(rows: pd.DataFrame) -> pd.DataFrame:
    rows["first"] = rows["message"].iloc[0]
    return rows


def python_objects(rows: pd.DataFrame) -> pd.DataFrame:
    rows["both"] = [f"{message}!" for message in rows["message"]]
    return rows


def mixed(rows: pd.DataFrame) -> pd.DataFrame:
    rows["mixed"] = [1 if number % 2 else "secret" for number in range(len(rows))]
    return rows


def of_nothing(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(nothing=pl.lit(None))


def drops_time(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop("timestamp")


def clean(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(words=pl.col("message").str.split(" ").list.len())


def without_annotation(rows):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 - the mistake
    return rows


def of_int(rows: int) -> int:
    return rows


def not_too_long(values: pl.Series) -> pl.Series:
    return values.str.len_chars() <= 10


def is_lower(value: pl.Expr) -> pl.Expr:
    return value.str.to_lowercase() == value


def not_before_start(value: pl.Expr) -> pl.Expr:
    return value >= pl.col("at")


def above_mean(values: pl.Series) -> pl.Series:
    return values >= values.mean()


def raising(values: pl.Series) -> pl.Series:
    raise LookupError("no table of words")


def lengths(values: pl.Series) -> pl.Series:
    return values.str.len_chars()


def raising_expression(value: pl.Expr) -> pl.Expr:
    raise LookupError("no table of words")


def no_expression(value: pl.Expr) -> bool:
    return True


def without_raw(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop("raw_message").with_columns(pl.col("push_attempts").cast(pl.String))


def twice(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(twice=pl.col("request_count") * 2)
