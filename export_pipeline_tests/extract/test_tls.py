"""TLS of every kind against a real server, which the embedded one cannot speak: Debian's is asked."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from export_pipeline.errors import SourceAccessError
from export_pipeline.extract.source import Source, close_quietly
from export_pipeline_tests.servers import Cluster, debian_binaries, new_cluster

pytestmark = pytest.mark.system
ACCESS = """
hostssl all certified 127.0.0.1/32 trust clientcert=verify-ca
hostssl all postgres 127.0.0.1/32 trust
"""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files of certificates and keys, each signed by its own root, or by the named one."""

    folder: Path

    def root(self, name: str) -> str:
        return self._make(name, "-x509", "-addext", "basicConstraints=critical,CA:TRUE")

    def signed(self, name: str, host: str) -> str:
        root = self.folder / "root"
        names = ("-addext", f"subjectAltName=DNS:{host}")
        return self._make(name, "-x509", "-CA", f"{root}.crt", "-CAkey", f"{root}.key", *names)

    def _make(self, name: str, *how: str) -> str:
        path = self.folder / name
        new = ("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "2")
        files = ("-keyout", f"{path}.key", "-out", f"{path}.crt")
        subprocess.run(["openssl", *new, *files, *how], check=True, capture_output=True)
        return f"{path}.crt"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("tls"))
    made.root("root")
    made.root("stranger")
    made.signed("server", "localhost")
    made.signed("client", "reader")
    return made


@pytest.fixture(scope="module")
def tls_server(certificates: Certificates) -> Iterator[Cluster]:
    with new_cluster(debian_binaries()) as cluster:
        for name in ("server.crt", "server.key", "root.crt"):
            copy = cluster.data / name
            copy.write_bytes((certificates.folder / name).read_bytes())
            copy.chmod(0o600)
            if cluster.account:
                os.chown(copy, cluster.account.uid, cluster.account.gid)
        plain = "local all all trust\nhost all postgres 127.0.0.1/32 trust\n"
        (cluster.data / "pg_hba.conf").write_text(plain, encoding="ascii")
        settings = {"ssl": "on", "ssl_ca_file": "root.crt"}
        with cluster.running(settings) as running:
            connection = Source(running.url()).connect()
            with connection.cursor() as cursor:
                cursor.execute("create role certified login")
            close_quietly(connection)
            (cluster.data / "pg_hba.conf").write_text(ACCESS, encoding="ascii")
            cluster.command("pg_ctl", "reload", "-D", cluster.data)
            yield running


def url(server: Cluster, parameters: str, host: str = "127.0.0.1", user: str = "postgres") -> str:
    return f"postgresql://{user}:secret-word@{host}:{server.port}/postgres?{parameters}"


def refusal(conninfo: str) -> str:
    with pytest.raises(SourceAccessError) as caught:
        Source(conninfo).connect()
    assert "secret-word" not in f"{caught.value} {caught.value.__cause__!r}"
    return str(caught.value)


def test_a_certificate_of_a_known_root_and_the_right_name_is_trusted(
    tls_server: Cluster, certificates: Certificates
) -> None:
    named = url(tls_server, f"sslmode=verify-full&sslrootcert={certificates.folder}/root.crt", "localhost")
    close_quietly(Source(f"{named}&hostaddr=127.0.0.1").connect())


def test_a_certificate_for_another_name_is_refused(tls_server: Cluster, certificates: Certificates) -> None:
    said = refusal(url(tls_server, f"sslmode=verify-full&sslrootcert={certificates.folder}/root.crt"))
    assert "does not match host name" in said
    assert said.endswith("; connect by a name in the certificate, or set EXPORT_SOURCE_TLS=verify-ca")


@pytest.mark.parametrize("root", ["stranger.crt", "missing.crt"])
def test_a_certificate_of_an_unknown_root_is_refused(
    tls_server: Cluster, certificates: Certificates, root: str
) -> None:
    said = refusal(url(tls_server, f"sslmode=verify-ca&sslrootcert={certificates.folder}/{root}"))
    assert said.endswith("EXPORT_SOURCE_TLS_ROOT")


def test_a_server_that_takes_tls_only_says_so(tls_server: Cluster) -> None:
    assert "set EXPORT_SOURCE_TLS=require" in refusal(url(tls_server, "sslmode=disable"))


def test_a_server_that_wants_a_certificate_is_given_one(tls_server: Cluster, certificates: Certificates) -> None:
    assert "EXPORT_SOURCE_TLS_CERTIFICATE and EXPORT_SOURCE_TLS_KEY" in refusal(
        url(tls_server, "sslmode=require", user="certified")
    )
    (certificates.folder / "client.key").chmod(0o600)
    pair = f"sslcert={certificates.folder}/client.crt&sslkey={certificates.folder}/client.key"
    close_quietly(Source(url(tls_server, f"sslmode=require&{pair}", user="certified")).connect())


def test_a_key_that_others_may_read_is_refused(tls_server: Cluster, certificates: Certificates) -> None:
    (certificates.folder / "client.key").chmod(0o644)
    pair = f"sslcert={certificates.folder}/client.crt&sslkey={certificates.folder}/client.key"
    assert "EXPORT_SOURCE_TLS_KEY" in refusal(url(tls_server, f"sslmode=require&{pair}", user="certified"))
