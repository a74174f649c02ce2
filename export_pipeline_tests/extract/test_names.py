"""Table names: what people write, and what SQL gets."""

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName, quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("log_entries", '"log_entries"'),
        ("ops.log_entries", '"ops"."log_entries"'),
        ('"my.schema"."my table"', '"my.schema"."my table"'),
        ('ops."say ""hi"""', '"ops"."say ""hi"""'),
        ("x; drop table t; --", '"x; drop table t; --"'),
    ],
)
def test_a_table_name_is_always_quoted(text: str, quoted: str) -> None:
    assert TableName.parse(text).quoted == quoted


@pytest.mark.parametrize("text", ["", "a.b.c", ".b", "a.", '"open'])
def test_what_is_no_table_name_is_refused_with_the_form_to_use(text: str) -> None:
    with pytest.raises(ConfigError, match=r"schema\.name"):
        TableName.parse(text)


def test_a_name_reads_as_it_was_written() -> None:
    assert str(TableName.parse("ops.log_entries")) == "ops.log_entries"
    assert str(TableName.parse("log_entries")) == "log_entries"


def test_an_identifier_cannot_break_out_of_its_quotes() -> None:
    assert quote('a"; drop') == '"a""; drop"'


@pytest.mark.parametrize("parts", [("a", "ops"), ("a", None), ("a.b", 'say "hi"'), ("My Table", "x y"), (" ", "*")])
def test_a_written_name_reads_back(parts: tuple[str, str | None]) -> None:
    table = TableName(*parts)
    assert TableName.parse(table.written) == table
