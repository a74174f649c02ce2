"""The source as a URL or in parts, with odd characters and under TLS, on real servers."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError, ExportError
from export_pipeline.extract.source import Source
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.servers import Cluster, debian_binaries, new_cluster

ODD = "p@ss:w/ord%#é 'x\"\\"


def asked(source: Source, query: str = "select current_user") -> object:
    with closing(source.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@pytest.fixture
def odd_reader(server: EmbeddedServer, sql: RunSql) -> Iterator[Mapping[str, str]]:
    """Give the parts of an account of the shared server, whose password has every odd character."""
    url = server.url("postgres")
    doubled = ODD.replace("'", "''")
    sql(url, f"create role odd_reader login password '{doubled}'")
    yield {"source_host": "127.0.0.1", "source_port": str(server.port), "source_user": "odd_reader"}
    sql(url, "drop role odd_reader")


@pytest.mark.parametrize("way", ["url", "url and password", "parts", "file"])
def test_odd_characters_in_a_password_work_in_every_way(
    way: str, odd_reader: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{ODD}\n", encoding="utf-8")
    place = f"127.0.0.1:{odd_reader['source_port']}/postgres"
    ways: dict[str, dict[str, str]] = {
        "url": {"source_url": f"postgresql://odd_reader:{quote(ODD, safe='')}@{place}"},
        "url and password": {"source_url": f"postgresql://odd_reader@{place}", "source_password": ODD},
        "parts": {**odd_reader, "source_database": "postgres", "source_password": ODD},
        "file": {**odd_reader, "source_database": "postgres", "source_password_file": str(tmp_path / "password")},
    }
    source = Settings.load(**ways[way]).source
    assert asked(source) == "odd_reader"
    assert str(source) == f"{place} as odd_reader"


@pytest.mark.parametrize("place", ["pa@ss@db/x", "pa/ss@db/x", "pa?ss@db/x", "pa#ss@db/x", "pa@s/s@db/x"])
def test_a_url_whose_password_is_not_encoded_is_refused_and_not_quoted(place: str) -> None:
    with pytest.raises(ConfigError, match="EXPORT_SOURCE_URL: it is not a PostgreSQL connection string") as caught:
        Settings.load(source_url=f"postgresql://reader:{place}")
    assert place not in str(caught.value)
    assert not {"pa", "ss", "ss@db"} & set(re.split(r"[^a-z@]", str(caught.value)))


def test_a_wrong_password_is_not_in_what_is_raised(odd_reader: Mapping[str, str]) -> None:
    source = Settings.load(**odd_reader, source_database="postgres", source_password="wr0ng-" + ODD).source
    with pytest.raises(ExportError, match="password authentication failed") as caught:
        source.connect()
    error: BaseException | None = caught.value
    while error:
        assert "wr0ng" not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def test_a_password_file_is_read_anew_for_each_export(odd_reader: Mapping[str, str], tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("old", encoding="utf-8")
    settings = Settings.load(**odd_reader, source_database="postgres", source_password_file=str(file))
    with pytest.raises(ExportError, match="password authentication failed"):
        settings.source.connect()
    file.write_text(ODD, encoding="utf-8")
    assert asked(settings.source) == "odd_reader"
    file.unlink()
    with pytest.raises(ConfigError, match=f"EXPORT_SOURCE_PASSWORD_FILE: {file} cannot be read"):
        _ = settings.source


def test_a_services_file_works_through_the_url(
    odd_reader: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = f"[operations]\nhost=127.0.0.1\nport={odd_reader['source_port']}\nuser=odd_reader\ndbname=postgres\n"
    (tmp_path / "services").write_text(service, encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    assert asked(Settings.load(source_url="postgresql://?service=operations", source_password=ODD).source)


@pytest.mark.parametrize("given", [{}, {"source_user": "x", "source_password": "y"}])
def test_a_missing_source_is_said_when_it_is_needed(given: Mapping[str, str]) -> None:
    settings = Settings.load(**given)
    assert not settings.has_source
    with pytest.raises(ConfigError, match=r"EXPORT_SOURCE_URL is not set; for example EXPORT_SOURCE_URL=postgresql://"):
        _ = settings.source


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a root certificate, a server's (for localhost) and a client's (for `postgres`)."""
    folder = tmp_path_factory.mktemp("authority")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    openssl(folder, "req", "-x509", *new_key, "-subj", "/CN=root", "-keyout", "root.key", "-out", "root.crt")
    for name, subject in (("server", "localhost"), ("client", "postgres")):
        files = ("-keyout", f"{name}.key", "-out", f"{name}.crt")
        issued_by = ("-CA", "root.crt", "-CAkey", "root.key", "-addext", "basicConstraints=CA:FALSE")
        openssl(folder, "req", "-x509", *new_key, "-subj", f"/CN={subject}", *files, *issued_by)
    return folder


def openssl(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def tls_server(authority: Path) -> Iterator[Cluster]:
    """Run a server with TLS that asks its clients for a certificate."""
    with new_cluster(debian_binaries()) as cluster:
        given = {name: cluster.data.parent / name for name in ("server.crt", "server.key", "root.crt")}
        for name, path in given.items():
            path.write_bytes((authority / name).read_bytes())
            path.chmod(0o600)
            if cluster.account:
                os.chown(path, cluster.account.uid, cluster.account.gid)
        files = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "ssl_ca_file": "root.crt"}
        settings = {name: str(given[file]) for name, file in files.items()}
        with cluster.running({"ssl": "on", **settings}) as running:
            yield running


def tls(authority: Path, server: Cluster, **changed: str) -> Settings:
    (authority / "client.key").chmod(0o600)
    given = {
        "source_host": "localhost",
        "source_port": str(server.port),
        "source_database": "postgres",
        "source_user": "postgres",
        "source_tls": "verify-full",
        "source_tls_root": str(authority / "root.crt"),
    }
    return Settings.load(**(given | changed))


def test_the_server_is_verified_by_its_name_and_root(authority: Path, tls_server: Cluster) -> None:
    encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
    assert asked(tls(authority, tls_server).source, encrypted) is True
    with pytest.raises(ExportError, match="certificate"):
        tls(authority, tls_server, source_host="127.0.0.1").source.connect()  # a name that it does not prove
    for wrong in (str(authority / "client.crt"), "system"):
        with pytest.raises(ExportError, match="certificate"):
            tls(authority, tls_server, source_tls_root=wrong).source.connect()


def test_tls_is_used_with_a_url_too(authority: Path, tls_server: Cluster) -> None:
    url = tls_server.url().replace("127.0.0.1", "localhost")
    root = str(authority / "root.crt")
    settings = Settings.load(source_url=url, source_tls="verify-ca", source_tls_root=root)
    assert asked(settings.source, "select ssl from pg_stat_ssl where pid = pg_backend_pid()") is True
    assert str(settings.source).startswith("localhost:")


def test_a_clients_certificate_is_shown(authority: Path, tls_server: Cluster) -> None:
    shown = {
        f"source_tls_{name}": str(authority / f"client.{end}") for name, end in (("certificate", "crt"), ("key", "key"))
    }
    query = "select client_dn from pg_stat_ssl where pid = pg_backend_pid()"
    assert asked(tls(authority, tls_server, **shown).source, query) == "/CN=postgres"
    assert asked(tls(authority, tls_server).source, query) is None
