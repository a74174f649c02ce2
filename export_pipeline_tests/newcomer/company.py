"""Somebody else's production: a PostgreSQL with TLS, other names for everything, and an account that may only read."""

import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from psycopg import connect

from export_pipeline.embedded.sample import SampleSize, create_tables, fill
from export_pipeline_tests.conftest import LAST_DAY
from export_pipeline_tests.newcomer.page import blocks
from export_pipeline_tests.newcomer.tls_proxy import tls_proxy
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.servers import Cluster, embedded_binaries, new_cluster

SIZE = SampleSize(logs=2_000, anomalies=100, addresses=60, devices=12, days=7)

_ADMITTED = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
_OTHER_NAMES = """
CREATE SCHEMA ops;
ALTER TABLE log_entries SET SCHEMA ops;
ALTER TABLE ops.log_entries RENAME TO device_events;
ALTER TABLE ops.device_events RENAME "timestamp" TO logged_at;
ALTER TABLE ops.device_events RENAME message TO msg;
ALTER TABLE anomaly_records SET SCHEMA ops;
ALTER TABLE ops.anomaly_records RENAME TO findings;
ALTER TABLE ip_addresses SET SCHEMA ops;
ALTER TABLE ops.ip_addresses RENAME TO peers;
ALTER TABLE ops.peers RENAME first_seen TO first_contact;
ALTER TABLE devices SET SCHEMA ops;
ALTER TABLE ops.devices RENAME TO inventory;
ALTER TABLE ops.inventory RENAME id TO number;
ALTER TABLE ops.inventory RENAME name TO label;
"""


@dataclass(frozen=True, slots=True)
class Company:
    """A running server whose database `operations` is what the page's account was made in."""

    cluster: Cluster
    port: int
    """Where it is reached by TLS, as `localhost`."""
    root_certificate: Path
    other_root: Path
    """Of an authority that has signed nothing here."""

    @property
    def storage_url(self) -> str:
        """An empty database that could be Dagster's."""
        return self.cluster.url("dagster_to_be").replace("postgresql:", "postgresql+psycopg2:")

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement of the database's owner."""
        with connect(self.cluster.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend a copy of `operations`, with all rights in it."""
        name = f"operations_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE operations")
        yield name
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def place(self, database: str, bucket: Bucket) -> dict[str, str]:
        """Return the variables for what lies elsewhere here than on the page."""
        options = bucket.options
        return {
            "EXPORT_SOURCE_HOST": "localhost",
            "EXPORT_SOURCE_PORT": str(self.port),
            "EXPORT_SOURCE_DATABASE": database,
            "EXPORT_SOURCE_TLS_ROOT": str(self.root_certificate),
            "EXPORT_ROOT": f"{bucket.url}/network",
            "EXPORT_S3_ENDPOINT_URL": str(options.endpoint_url),
            "EXPORT_S3_REGION": str(options.region),
            "EXPORT_S3_ACCESS_KEY_ID": str(options.access_key_id),
            "EXPORT_S3_SECRET_ACCESS_KEY": str(options.secret_access_key),
            "EXPORT_S3_SPOOL_FOLDER": str(options.spool_folder),
        }


@contextmanager
def open_company() -> Iterator[Company]:
    """Make the server, its certificate and its tables; run the page's SQL for the account."""
    authority, other = trustme.CA(), trustme.CA()
    with new_cluster(embedded_binaries()) as cluster:
        roots = [cluster.data.with_name(f"{name}.pem") for name in ("ca", "other-ca")]
        for root, one in zip(roots, (authority, other), strict=True):
            one.cert_pem.write_to_path(str(root))
        (cluster.data / "pg_hba.conf").write_text(_ADMITTED, encoding="ascii")
        with cluster.running(), tls_proxy(cluster.port, _serves_tls(authority)) as port:
            company = Company(cluster, port, *roots)
            company.sql("CREATE DATABASE operations")
            company.sql("CREATE DATABASE dagster_to_be")
            url = cluster.url("operations")
            create_tables(url)
            fill(url, SIZE, LAST_DAY)
            company.sql(_OTHER_NAMES, "operations")
            company.sql(blocks("sql")["account"], "operations")
            yield company


def _serves_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context
