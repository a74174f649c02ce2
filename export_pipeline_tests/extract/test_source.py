"""A connection string is taken as libpq takes it, unless a part of the password would become a host or a database."""

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.extract.source import Source, parse_conninfo


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
@pytest.mark.parametrize(
    "rest",
    [
        "reader:s3@cr3t@db/x",
        "reader:s3/cr3t@db/x",
        "reader:s3?cr3t@db/x",
        "reader:s3#cr3t@db/x",
        "reader:s3/@cr3t@db/x",
        "reader:s3\n/cr3t@db/x",
        "reader:s3/cr3t@a,b:5433/x?sslmode=require",
    ],
)
def test_a_password_that_is_not_encoded_is_refused_and_not_shown(scheme: str, rest: str) -> None:
    with pytest.raises(ConfigError, match="percent-encode odd characters") as caught:
        Source(f"{scheme}://{rest}")
    assert "s3" not in f"{caught.value}{caught.value.__context__}"
    assert "cr3t" not in f"{caught.value}{caught.value.__context__}"


@pytest.mark.parametrize(
    ("conninfo", "given"),
    [
        ("postgresql://reader:p%40ss@db/x", {"user": "reader", "password": "p@ss", "host": "db", "dbname": "x"}),
        ("postgresql://db/x", {"host": "db", "dbname": "x"}),
        ("postgresql:///x?host=/run", {"host": "/run", "dbname": "x"}),
        (
            "postgresql://u@[::1]:5432/x?sslmode=require",
            {"user": "u", "host": "::1", "port": "5432", "dbname": "x", "sslmode": "require"},
        ),
        (
            "postgresql://u:p@a,b:5433/x",
            {"user": "u", "password": "p", "host": "a,b", "port": ",5433", "dbname": "x"},
        ),
        ("host=db password=p@s/s@x", {"host": "db", "password": "p@s/s@x"}),
    ],
)
def test_what_libpq_reads_without_doubt_is_taken(conninfo: str, given: dict[str, str]) -> None:
    assert parse_conninfo(conninfo) == given
