"""What the tests of step 1 share."""

import pytest

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline_tests.conftest import RunSql


@pytest.fixture(scope="session")
def server_sql(server: EmbeddedServer, sql: RunSql) -> tuple[str, RunSql]:
    """Give the server's own database with the function to ask it: hypothesis wants fixtures that last."""
    return server.url("postgres"), sql
