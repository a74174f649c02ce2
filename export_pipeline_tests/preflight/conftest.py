"""An account that may only read, as the people have one who are told to use it."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql as pgsql

from export_pipeline_tests.preflight.looking import Reader, make_reader


@pytest.fixture
def reader(source_url: str) -> Iterator[Reader]:
    """Give an account that may select from every table of a filled source of its own."""
    made = make_reader(source_url, f"reader_{secrets.token_hex(6)}")
    yield made
    with psycopg.connect(source_url, autocommit=True) as connection:
        role = pgsql.Identifier(made.name)
        connection.execute(pgsql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(pgsql.SQL("DROP ROLE {}").format(role))
