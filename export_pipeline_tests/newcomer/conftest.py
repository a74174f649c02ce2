"""Somebody else's server for the session, a database of it and a bucket for each test."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from export_pipeline_tests.cli.conftest import invoke
from export_pipeline_tests.defs.conftest import instance, storage_template, storage_url
from export_pipeline_tests.newcomer.company import Company, open_company
from export_pipeline_tests.newcomer.page import settings
from export_pipeline_tests.object_store import Bucket

__all__ = ["instance", "invoke", "storage_template", "storage_url"]  # fixtures


@dataclass(frozen=True, slots=True)
class Office:
    """A database and a bucket of the company's, and the variables with which everything there is right."""

    company: Company
    database: str
    bucket: Bucket

    @property
    def environ(self) -> dict[str, str]:
        """What the page tells to set, with this machine's places."""
        return settings("env", "tables", "columns") | self.company.place(self.database, self.bucket)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement of the database's owner there."""
        return self.company.sql(statement, self.database)


@pytest.fixture(scope="session")
def company() -> Iterator[Company]:
    """Run somebody else's server."""
    with open_company() as opened:
        yield opened


@pytest.fixture
def office(company: Company, bucket: Bucket) -> Iterator[Office]:
    """Give a database with 2,000 logs of a week and a bucket."""
    with company.database() as database:
        yield Office(company, database, bucket)
