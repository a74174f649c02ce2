"""The digest of rows tells apart what is different, whatever their order; tallies of several tables add up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_pipeline.extract.names import TableName
from export_pipeline.extract.query import tally_columns
from export_pipeline.extract.selection import SelectedColumn, Selection, TimeColumn
from export_pipeline.extract.tally import TalliedRows, Tally, add_up
from export_pipeline_tests.conftest import RunSql

COLUMNS = (SelectedColumn("a", "A b", "text"), SelectedColumn("b", "b", "text"))
SELECTION = Selection(TableName("t"), COLUMNS, TimeColumn("at", "timestamp"), ("a",))
Row = tuple[str | None, str | None]
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from(["", "null", ",", '"', "(", "x,y"]),
        st.none() | st.text('ab,\\"', max_size=3),
    ),
    min_size=1,
    max_size=4,
)


def digest(url: str, sql: RunSql, rows: list[Row]) -> object:
    columns = tally_columns(SELECTION, with_xmin=False)
    values = ", ".join(["(%s::text, %s::text)"] * len(rows))
    cells = [cell for row in rows for cell in row]
    ((_, counted, _, found),) = sql(url, f'select {columns} from (values {values}) as t ("A b", b)', cells)
    assert counted == len(rows)
    return found


@settings(max_examples=50)
@given(ROWS, ROWS)
def test_digests_are_equal_exactly_where_the_rows_are(
    server_sql: tuple[str, RunSql], here: list[Row], there: list[Row]
) -> None:
    url, sql = server_sql
    same = sorted(map(repr, here)) == sorted(map(repr, there))
    assert (digest(url, sql, here) == digest(url, sql, there)) == same
    assert digest(url, sql, here) == digest(url, sql, here[::-1])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], Tally()),
        ([TalliedRows(9, 2, 70, None, "a"), TalliedRows(7, 3, 80, None, "b")], Tally(5, 80, {"7": "b", "9": "a"})),
        ([TalliedRows(None, 4, None, "-12", None)], Tally(4, None, {}, "-12")),
    ],
)
def test_the_tallies_of_several_tables_add_up(parts: list[TalliedRows], expected: Tally) -> None:
    assert add_up(parts) == expected
