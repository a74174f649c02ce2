"""Settings that cannot be together are refused by both names; so are files that cannot be used."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.settings import PREFIX, Settings
from export_pipeline.settings.contradictions import find_contradictions

URL = "postgresql://reader@db.example.com/operations"
HOST = {"source_host": "db.example.com"}
FULL = {"source_tls": "verify-full", "source_tls_root": "system"}
S3 = {"root": "s3://bucket/prefix"}

REFUSED: list[tuple[Mapping[str, str], str, str]] = [
    ({"source_url": URL, "source_host": "x"}, "source_url", "as a URL or in parts, not both"),
    ({"source_url": URL, "source_user": "x"}, "source_url", "as a URL or in parts, not both"),
    ({"source_url": "postgresql://a:s3cr3t@[b"}, "source_url", "it is not a PostgreSQL connection string"),
    ({"source_url": "postgresql://a:s3cr3t%@b"}, "source_url", "it is not a PostgreSQL connection string"),
    ({"source_url": "postgresql://a:b@c", "source_password": "x"}, "source_password", "the URL says password too"),
    ({"source_url": f"{URL}?sslmode=require", "source_tls": "prefer"}, "source_tls", "the URL says sslmode too"),
    ({"source_url": f"{URL}?sslrootcert=system", **FULL}, "source_tls_root", "the URL says sslrootcert too"),
    ({**HOST, "source_tls_root": "system"}, "source_tls_root", "nothing is checked against it unless {source_tls} is"),
    ({**HOST, **FULL, "source_tls": "require"}, "source_tls_root", "nothing is checked against it"),
    ({**HOST, **FULL, "source_tls": "verify-ca"}, "source_tls_root", "root certificates need {source_tls} verify-full"),
    ({**HOST, "source_tls": "verify-full"}, "source_tls", "it needs {source_tls_root}"),
    ({"source_database": "x", **FULL}, "source_tls", "it needs {source_host}, a host's name"),
    ({"source_host": "/run/postgresql", **FULL}, "source_tls", "it needs {source_host}, a host's name"),
    ({"source_url": "postgresql:///x", **FULL}, "source_tls", "it needs {source_host}, a host's name"),
    ({**S3, "s3_access_key_id": "x"}, "s3_access_key_id", "it needs {s3_secret_access_key} beside it"),
    ({**S3, "s3_secret_access_key": "x"}, "s3_secret_access_key", "it needs {s3_access_key_id} beside it"),
    ({**S3, "s3_session_token": "x"}, "s3_session_token", "it needs {s3_access_key_id} beside it"),
    ({**S3, "s3_sse_kms_key_id": "x"}, "s3_sse_kms_key_id", "it needs {s3_sse} beside it"),
    ({**S3, "s3_sse": "AES256", "s3_sse_kms_key_id": "x"}, "s3_sse_kms_key_id", "only the encryption aws:kms"),
    ({"root": "s3://"}, "root", "bucket"),
    ({"root": "s3:///prefix"}, "root", "bucket"),
    ({"root": "file://host/x"}, "root", "a file:// URL names no host"),
    ({"storage_url": "postgresql+psycopg2://a:s3cr3t@b:port/c"}, "storage_url", "it is no URL of a database"),
    ({"storage_url": "postgresql+psycopg2://a:%zzs3cr3t@b/c"}, "storage_url", "it is no URL of a database"),
    ({"root": "s3://key:s3cr3t@bucket"}, "root", "a URL here holds no account"),
    ({"root": "s3://key:s3cr3t\u2100@bucket"}, "root", "a URL here holds no account"),
    ({"root": "s3://[s3cr3t"}, "root", "bucket"),
    ({"root": "file://[s3cr3t"}, "root", "it is no URL"),
    ({"root": "/srv\0s3cr3t"}, "root", "it holds a NUL character"),
    ({"source_url": f"{URL}?application_name=\0s3cr3t"}, "source_url", "it holds a NUL character"),
    ({"source_password_file": "/run\0s3cr3t"}, "source_password_file", "it holds a NUL character"),
    ({"storage_url": "postgresql+psycopg2://a:s3cr3t@s3cr3t@b/c"}, "storage_url", "it is no URL of a database"),
    ({"storage_url": "postgresql+psycopg2://a:s3cr3t/s3cr3t@b/c"}, "storage_url", "it is no URL of a database"),
    ({"root": "ftp://s3cr3t.example.com"}, "root", "ftp:// is not supported"),
    ({"source_password_file": "/nowhere/s3"}, "source_password_file", "/nowhere/s3 cannot be read: No such file"),
    ({**HOST, **FULL, "source_tls_root": "/nowhere"}, "source_tls_root", "/nowhere cannot be read: No such file"),
]


@pytest.mark.parametrize(("values", "name", "said"), REFUSED)
def test_what_cannot_be_together_is_one_problem(values: Mapping[str, str], name: str, said: str) -> None:
    (problem,) = find_contradictions(values)
    assert problem.location == (name,)
    assert said in problem.text
    assert "s3cr3t" not in problem.text


@pytest.mark.parametrize(
    "values",
    [
        {"source_url": URL, "source_password": "x", **FULL},
        {"source_url": URL, "source_host": ""},
        {"source_url": f"{URL}?sslmode=verify-full&sslrootcert=system"},
        {**HOST, **FULL},
        {**HOST, "source_tls": "require"},
        {"source_url": "postgresql://?service=operations", **FULL},
        {**S3, "s3_access_key_id": "x", "s3_secret_access_key": "y", "s3_sse": "aws:kms", "s3_sse_kms_key_id": "z"},
        {**S3, "s3_profile": "x", "s3_endpoint_url": "http://127.0.0.1:8333"},
        {"root": "FILE:///srv"},
        {"datasets": {"ips": {"enabled": "false", "table": "x"}}},
    ],
)
def test_what_can_be_together_is_not_refused(values: Mapping[str, object]) -> None:
    assert list(find_contradictions(values)) == []


def test_the_hosts_name_may_come_from_libpqs_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.com")
    assert list(find_contradictions({"source_database": "x", **FULL})) == []
    monkeypatch.setenv("PGHOST", "/run/postgresql")
    assert len(list(find_contradictions({"source_database": "x", **FULL}))) == 1


def test_an_account_without_a_home_has_no_root_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> NoReturn:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)  # as in a container that runs as some number
    (problem,) = find_contradictions({"source_host": "db.example.com", "source_tls": "verify-ca"})
    assert problem.text.startswith("it needs {source_tls_root}")


def test_all_are_said_at_once_by_the_names_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"SOURCE_URL": URL, "SOURCE_PORT": "0", "SOURCE_TLS_ROOT": "system", "ZONE": "Mars"}
    given |= {"S3_SSE": "AES256", "S3_SSE_KMS_KEY_ID": "key"}
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    assert sorted(line.split(":")[0] for line in str(caught.value).splitlines()) == [
        "EXPORT_S3_SSE_KMS_KEY_ID",
        "EXPORT_SOURCE_PORT",
        "EXPORT_SOURCE_TLS_ROOT",
        "EXPORT_SOURCE_URL",
        "EXPORT_ZONE",
    ]
    assert "(EXPORT_SOURCE_PORT)" in str(caught.value)
    assert "unless EXPORT_SOURCE_TLS is verify-ca" in str(caught.value)


def test_a_certificate_and_its_key_go_together(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for name, other in (("certificate", "key"), ("key", "certificate")):
        (tmp_path / "file").chmod(0o600)
        (problem,) = find_contradictions({f"source_tls_{name}": str(tmp_path / "file")})
        assert problem.text == f"it needs {{source_tls_{other}}} beside it: set both or neither"


def test_without_tls_nobody_sees_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "file").chmod(0o600)
    both = dict.fromkeys(("source_tls_certificate", "source_tls_key"), str(tmp_path / "file"))
    (problem,) = find_contradictions({"source_tls": "disable", **both})
    assert problem.text == "with {source_tls} disable nobody is shown it"


@pytest.mark.parametrize(
    ("mode", "owner", "refused"),
    [
        (0o600, 0, False),
        (0o640, 0, False),
        (0o400, 0, False),
        (0o644, 0, True),
        (0o660, 0, True),
        (0o600, 10001, False),
        (0o640, 10001, True),
    ],
)
def test_a_key_has_the_permissions_that_libpq_wants(mode: int, owner: int, refused: bool, tmp_path: Path) -> None:  # noqa: FBT001
    key = tmp_path / "client.key"
    key.write_text("x", encoding="utf-8")
    key.chmod(mode)
    os.chown(key, owner, -1)
    both = dict.fromkeys(("source_tls_certificate", "source_tls_key"), str(key))
    said = [problem.text for problem in find_contradictions(both)]
    assert said == ([f"{key} may be read by others, so libpq refuses it; chmod 600 {key}"] if refused else [])


def test_an_empty_password_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").touch()
    (problem,) = find_contradictions({"source_password_file": str(tmp_path / "password")})
    assert problem.text.endswith("password is empty")


def test_two_ways_to_give_a_secret_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("x", encoding="utf-8")
    both = {"source_password": "x", "source_password_file": str(tmp_path / "password")}
    (password,) = find_contradictions(both)
    (profile,) = find_contradictions({**S3, "s3_profile": "x", "s3_access_key_id": "a", "s3_secret_access_key": "b"})
    assert (password.others, profile.others) == (("source_password_file",), ("s3_access_key_id",))


@pytest.mark.parametrize("where", ["environment", "home"])
def test_roots_that_libpq_finds_by_itself_count(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if where == "environment":
        monkeypatch.setenv("PGSSLROOTCERT", "/etc/ca.pem")
    else:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".postgresql").mkdir()
        (tmp_path / ".postgresql" / "root.crt").touch()
    assert list(find_contradictions({**HOST, "source_tls": "verify-full"})) == []
