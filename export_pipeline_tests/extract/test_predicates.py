"""Filters as SQL: the server keeps the very rows that `mask` keeps of all rows, and values stay values."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError
from export_pipeline.extract.predicates import is_exact, predicate_sql, source_schema, split
from export_pipeline.extract.query import duplicate_keys_query, special_times_query
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.selection import SpecialTimes
from export_pipeline.extract.snapshot import Snapshot, open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.filters.condition import AllOf, AnyOf, Condition, Filter, Operator, all_of, conditions_of
from export_pipeline.filters.evaluate import mask
from export_pipeline.filters.parse import parse_filter
from export_pipeline.filters.resolve import problems
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline_tests.extract.nasty_rows import (
    COLUMNS,
    ICU_COLLATIONS,
    POOLS,
    TEXTS,
    conditions,
    create,
    filters,
    selection,
)
from export_pipeline_tests.servers import Cluster

# Lord Howe's clocks jump by half an hour; Apia skipped a whole day.
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
LARGE = 10_000


@pytest.fixture(scope="module")
def nasty(server: EmbeddedServer) -> Iterator[Snapshot]:
    """Give a snapshot of a table of nasty values."""
    server.create_database("nasty")
    create(server.url("nasty"))
    with open_snapshot(Source(server.url("nasty")), [(selection("UTC").table, "id")], "nasty") as snapshot:
        yield snapshot


@pytest.fixture(scope="module")
def published(nasty: Snapshot) -> dict[str, pa.RecordBatch]:
    """Give all rows as they are published, by the zone of their times."""
    (batch,) = read_batches(nasty, selection("UTC"), BatchLimits())
    return {zone: StandardizeTimestamps(("at", "tz"), zone=zone).apply(batch) for zone in ZONES}


def kept_by_server(snapshot: Snapshot, chosen: Filter, zone: str = "UTC") -> list[int]:
    batches = read_batches(snapshot, selection(zone, chosen), BatchLimits())
    return sorted(number for batch in batches for number in batch.column("number").to_pylist())


def kept_by_mask(batch: pa.RecordBatch, chosen: Filter) -> list[int]:
    kept: list[int] = batch.filter(mask(chosen, batch)).column("number").to_pylist()
    return kept


def judged_differently(snapshot: Snapshot, batch: pa.RecordBatch, asked: list[Condition], zone: str) -> list[str]:
    """Return the conditions for which the server and `mask` keep different rows of the whole table."""
    different = []
    for start in range(0, len(asked), 400):
        part = asked[start : start + 400]
        tests = ", ".join(f"coalesce({predicate_sql(condition, COLUMNS, zone)}, false)" for condition in part)
        rows = snapshot.rows(f"SELECT {tests} FROM nasty ORDER BY id")
        kept = zip(*rows, strict=True)
        different += [
            str(condition)
            for condition, by_server in zip(part, kept, strict=True)
            if list(by_server) != mask(condition, batch).to_pylist()
        ]
    return different


@settings(max_examples=150)
@given(chosen=filters(), zone=st.sampled_from(ZONES))
def test_the_server_keeps_what_mask_keeps(
    nasty: Snapshot, published: dict[str, pa.RecordBatch], chosen: Filter, zone: str
) -> None:
    assert kept_by_server(nasty, chosen, zone) == kept_by_mask(published[zone], chosen)


@pytest.mark.parametrize(("name", "zone"), [*((name, "UTC") for name in POOLS), *(("at", zone) for zone in ZONES[1:])])
def test_the_server_and_mask_agree_on_every_operator_and_value(
    nasty: Snapshot, published: dict[str, pa.RecordBatch], name: str, zone: str
) -> None:
    assert judged_differently(nasty, published[zone], list(conditions(name)), zone) == []


@pytest.mark.system
def test_they_agree_whatever_collation_the_columns_have(older_server: Cluster) -> None:
    url = older_server.url("nasty")
    with psycopg.connect(older_server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE nasty")
    create(url, collations=ICU_COLLATIONS)
    with open_snapshot(Source(url), [(selection("UTC").table, "id")], "nasty") as snapshot:
        (batch,) = read_batches(snapshot, selection("UTC"), BatchLimits())
        for name in ICU_COLLATIONS:
            assert judged_differently(snapshot, batch, list(conditions(name)), "UTC") == []


def test_the_pools_hold_values_that_are_kept_and_values_that_are_not(published: dict[str, pa.RecordBatch]) -> None:
    asked = [condition for name in POOLS for condition in conditions(name)][::5]
    kept = [len(kept_by_mask(published["UTC"], condition)) for condition in asked]
    assert sum(0 < rows < 250 for rows in kept) > len(kept) / 2


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_found_as_itself_and_harms_nothing(nasty: Snapshot, text: str) -> None:
    found = kept_by_server(nasty, Condition("txt", Operator.EQ, (text,)))
    assert found == [
        number for number, value in nasty.rows('SELECT id, "txt; --" FROM nasty ORDER BY 1') if value == text
    ]
    assert found
    assert kept_by_server(nasty, Condition("doc", Operator.IS_NOT_NULL, (), (text,))) is not None


@settings(max_examples=50)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_text_is_data_in_a_value_a_pattern_a_path_and_a_list(nasty: Snapshot, text: str) -> None:
    for condition in (
        Condition("txt", Operator.GT, (text,)),
        Condition("txt", Operator.LIKE, (text.replace("\\", "\\\\"),)),
        Condition("docb", Operator.EQ, (text,), (text,)),
        Condition("vc", Operator.IN, (text, "a")),
    ):
        assert set(kept_by_server(nasty, condition)) <= set(range(1, 251))


@pytest.mark.parametrize("column", ["n4", "txt", "at", "f8", "num", "docb"])
def test_ten_thousand_values_are_fine(nasty: Snapshot, published: dict[str, pa.RecordBatch], column: str) -> None:
    path = ("a",) if column == "docb" else ()
    seconds = (f"2026-10-25 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(LARGE))
    values = tuple(seconds) if column == "at" else tuple(map(str, range(LARGE)))
    for operator in (Operator.IN, Operator.NOT_IN):
        chosen = Condition(column, operator, values, path)
        assert kept_by_server(nasty, chosen, "Europe/Berlin") == kept_by_mask(published["Europe/Berlin"], chosen)


def test_counting_and_looking_for_keys_and_special_times_keep_to_the_predicate(nasty: Snapshot) -> None:
    chosen = parse_filter("number in (3, 4) and (n4 is null or n4 is not null)")
    asked = replace(selection("UTC", chosen), special_times=SpecialTimes.NULL)
    assert nasty.count(asked, with_xmin=True).tally.rows == 2
    assert nasty.duplicate_keys(asked).num_rows == 0
    where = predicate_sql(chosen, COLUMNS, "UTC")
    assert where in duplicate_keys_query(asked)
    assert where in (special_times_query(asked) or "")


def test_an_equal_text_is_also_asked_for_as_the_columns_index_has_it() -> None:
    column = [column for column in COLUMNS if column.name == "txt"]
    sql = predicate_sql(parse_filter("txt = 'a'"), column, "UTC")
    assert sql == '("txt; --" = \'a\'::text AND "txt; --" COLLATE "C" = \'a\'::text)'


def test_a_value_of_another_type_or_an_unknown_column_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="value 'abc' is not a whole number"):
        predicate_sql(parse_filter("n4 = abc"), COLUMNS, "UTC")
    with pytest.raises(ConfigError, match="gives no column 'nothing'"):
        predicate_sql(parse_filter("nothing = 1"), COLUMNS, "UTC")


def test_what_the_server_would_judge_otherwise_is_not_exact() -> None:
    columns = {column.name: column for column in COLUMNS}
    exact = {
        text: is_exact(condition, columns[condition.column])
        for text in ("txt ilike 'a%'", "txt like 'a%'", "doc.a = 1", "docb.a = 1", "docb.a ilike x", "n4 < 3")
        if isinstance(condition := parse_filter(text), Condition)
    }
    assert [text for text, is_so in exact.items() if is_so] == ["txt like 'a%'", "docb.a = 1", "n4 < 3"]


def pushes_numbers(condition: Condition) -> bool:
    return condition.column in {"n2", "n4", "n8"}


@settings(max_examples=50)
@given(chosen=filters())
def test_a_split_filter_keeps_the_same_rows(published: dict[str, pa.RecordBatch], chosen: Filter) -> None:
    batch = published["UTC"]
    pushed, left = split(chosen, pushes_numbers)
    both = all_of(part for part in (pushed, left) if part is not None)
    assert both is not None
    assert kept_by_mask(batch, both) == kept_by_mask(batch, chosen)
    assert pushed is None or all(map(pushes_numbers, conditions_of(pushed)))


def test_and_is_split_through_and_through_but_or_only_as_a_whole() -> None:
    number, text = Condition("n4", Operator.EQ, ("1",)), Condition("txt", Operator.EQ, ("a",))
    mixed = AnyOf((number, text))
    assert split(AllOf((AllOf((number, text)), mixed)), pushes_numbers) == (number, AllOf((text, mixed)))
    assert split(AnyOf((number, number)), pushes_numbers) == (AnyOf((number, number)), None)


def test_the_sources_own_value_beside_a_published_one_in_an_or_is_refused() -> None:
    with pytest.raises(ConfigError, match="beside it `or` asks for txt as published"):
        split(parse_filter("source.n4 = 1 or txt = a"), lambda condition: condition.of_source)


def test_the_sources_schema_says_which_columns_hold_json() -> None:
    schema = source_schema(COLUMNS)
    assert problems(parse_filter("source.docb.a = 1 and doc.b = 2 and at > 2026-11-20"), schema, schema) == []
    assert problems(parse_filter("txt.a = 1"), schema)
