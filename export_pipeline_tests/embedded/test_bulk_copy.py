import psycopg
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export_pipeline.embedded.bulk_copy import copy_rows

values = st.lists(st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8")))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=values)
def test_text_and_null_arrive_as_they_are(empty_source_url: str, values: list[str | None]) -> None:
    with psycopg.connect(empty_source_url) as connection:
        connection.execute("CREATE TEMP TABLE t (n serial, v text) ON COMMIT DROP")
        copy_rows(connection, "t", pa.table({"v": pa.array(values, pa.string())}))
        assert [value for (value,) in connection.execute("SELECT v FROM t ORDER BY n")] == values
