"""Any table as a dataset: what the catalog says of it, and nothing else."""

import pickle

import pytest

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.of_table import dataset_of_table
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.source import Source
from export_pipeline.write import hints
from export_pipeline_tests.conftest import RunSql


def of(url: str, name: str, time_column: str | None = None) -> Dataset:
    with Source(url).asking() as cursor:
        return dataset_of_table(cursor, TableName.parse(name), time_column, "Europe/Berlin")


def test_it_is_what_the_catalog_says(empty_source_url: str, sql: RunSql) -> None:
    sql(empty_source_url, "create table t (b text not null, a int primary key, gone int, mood text)")
    sql(empty_source_url, "alter table t drop column gone")
    sql(empty_source_url, "comment on table t is 'What they said.'")
    sql(empty_source_url, "comment on column t.a is 'Its number'")
    dataset = of(empty_source_url, "t")
    assert (dataset.name, dataset.description, str(dataset.table)) == ("public.t", "What they said.", "public.t")
    assert (dataset.key, dataset.time_column, dataset.transforms, dataset.derived) == (("a",), None, (), ())
    assert dataset.columns == (
        SourceColumn("b", "text", ""),
        SourceColumn("a", "int4", "Its number"),
        SourceColumn("mood", "text", ""),
    )
    assert hints.description(dataset.published_schema.field("a")) == "Its number"
    assert pickle.loads(pickle.dumps(dataset)) == dataset


def test_a_time_column_is_read_in_the_zone_that_is_given(empty_source_url: str) -> None:
    dataset = of(empty_source_url, "log_entries", "pushed_at")
    assert dataset.selection.placing_time.source_name == "pushed_at"
    assert dataset.selection.placing_time.zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        (
            "log_entries",
            "logged_at",
            "time_column 'logged_at' is not in it; its columns of times are timestamp",
        ),
        ("log_entries", "message", "time_column 'message' is text; its columns of times are timestamp, pushed_at"),
        ("only_text", "word", "time_column 'word' is text; it has no column of times"),
    ],
)
def test_a_time_column_that_is_none_is_refused_with_those_there_are(
    empty_source_url: str, sql: RunSql, table: str, column: str, said: str
) -> None:
    sql(empty_source_url, "create table only_text (word text)")
    with pytest.raises(ConfigError, match=f"table {table}: {said}"):
        of(empty_source_url, table, column)


def test_it_has_no_relations(empty_source_url: str) -> None:
    with pytest.raises(ConfigError, match=r"dataset public\.devices has no relation device$"):
        of(empty_source_url, "devices").with_relations(["device"])
