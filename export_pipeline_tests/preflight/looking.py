"""Runs checks as `export-pipeline check` does, and finds one finding among those that there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from psycopg import connect
from psycopg import sql as pgsql

from export_pipeline.preflight.dataset import check_dataset
from export_pipeline.preflight.finding import Finding
from export_pipeline.preflight.look import LIMITS, Look
from export_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Reader:
    """An account that may do in the database at `owner_url` what was granted to it there."""

    name: str
    url: str
    owner_url: str

    def sql(self, statement: str) -> None:
        """Run a statement of the database's owner; `{reader}` in it is the account's quoted name."""
        with connect(self.owner_url, autocommit=True) as connection:
            connection.execute(statement.replace("{reader}", f'"{self.name}"').encode())

    def look(self, dataset: str, **overrides: object) -> dict[str, Finding]:
        """Check the dataset as this account."""
        return look_at(self.url, dataset, **overrides)


def make_reader(owner_url: str, name: str) -> Reader:
    """Make an account that may only select from every table there."""
    with connect(owner_url, autocommit=True) as connection:
        role = pgsql.Identifier(name)
        connection.execute(pgsql.SQL("CREATE ROLE {} LOGIN PASSWORD 'reads'").format(role))
        connection.execute(pgsql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(role))
    parts = urlsplit(owner_url)
    return Reader(name, f"postgresql://{quote(name)}:reads@127.0.0.1:{parts.port}{parts.path}", owner_url)


def look_at(url: str, dataset: str, **overrides: object) -> dict[str, Finding]:
    """Return what is found of a dataset, by subject; of several findings on one subject the last."""
    settings = Settings.load(**{"source_url": url, "formats": ("csv",), **overrides})
    return by_subject(check_dataset(Look(settings, (dataset,), settings.source.within(LIMITS)), dataset))


def by_subject(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the findings by subject."""
    return {finding.subject: finding for finding in findings}
