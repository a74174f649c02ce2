"""What to type to read published files: a line each for pandas, DuckDB and Polars."""

import json
from collections.abc import Mapping

from export_pipeline.write.formats.format import Format


def reading_code(fmt: Format, location: str) -> Mapping[str, str]:
    """Return the line for each library that reads the format: Python for pandas and Polars, SQL for DuckDB.

    `location` is a file, a path or a URL; or the folder that holds a format's partitions, which all three read at once
    where the format is Parquet.
    """
    files = location if location.endswith(fmt.extension) else f"{location}/*/*{fmt.extension}"
    text, pattern = json.dumps(location, ensure_ascii=False), "'" + files.replace("'", "''") + "'"
    code = {"pandas": f"import pandas; pandas.{fmt.readers.pandas.format(text)}"}
    if fmt.readers.duckdb:
        code["DuckDB"] = f"SELECT * FROM {fmt.readers.duckdb.format(pattern)}"
    return code | {"Polars": f"import polars; polars.{fmt.readers.polars.format(text)}"}
