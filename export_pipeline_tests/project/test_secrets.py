"""Passwords and keys are nowhere but where somebody wrote them: not in what runs keep, print, or are started with."""

import base64
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from dagster._serdes import serialize_value
from psycopg import sql as pgsql

from export_pipeline.defs.partitions import PARTITION_TAG
from export_pipeline.settings import Settings
from export_pipeline_tests.cli.terminal import run
from export_pipeline_tests.conftest import LAST_DAY, RunSql
from export_pipeline_tests.defs.code_server import serving
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.object_store import OWNER, Bucket

ODD = "p@ss:w/ord%#é 'x\"\\"


@dataclass(frozen=True, slots=True)
class Account:
    """An account that reads the source, and a URL and parts that name it."""

    name: str
    password: str
    place: str
    sql_url: str

    @property
    def url(self) -> str:
        return f"postgresql://{self.name}:{quote(self.password, safe='')}@{self.place}"

    @property
    def parts(self) -> dict[str, str]:
        address, _, database = self.place.partition("/")
        host, _, port = address.partition(":")
        given = {"HOST": host, "PORT": port, "DATABASE": database, "USER": self.name, "PASSWORD": self.password}
        return {f"EXPORT_SOURCE_{name}": value for name, value in given.items()}


@pytest.fixture
def account(source_url: str, sql: RunSql) -> Iterator[Account]:
    """Give an account of the filled source that may read all of it; its password has every odd character."""
    name, password = f"reader_{secrets.token_hex(4)}", ODD + secrets.token_hex(6)
    quoted = pgsql.Literal(password).as_string(None).removeprefix(" ")
    sql(source_url, f"create role {name} login password {quoted} in role pg_read_all_data")
    yield Account(name, password, source_url.rpartition("@")[2], source_url)
    sql(source_url, f"drop role {name}")


def forms(secret: str) -> list[bytes]:
    """Return what a secret may look like: as it is, in a URL, in JSON, in a repr, in a connection string, in base64."""
    escaped = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1]}
    escaped |= {secret.replace("\\", "\\\\").replace(mark, f"\\{mark}") for mark in "'\""}
    plain = [text.encode() for text in escaped]
    return plain + [base64.b64encode(text) for text in plain]


def require_absent(secret: str, held: Mapping[str, bytes]) -> None:
    found = [(place, form) for place, content in held.items() for form in forms(secret) if form in content]
    assert not found
    assert held


def rows_of_all_tables(url: str, sql: RunSql) -> dict[str, bytes]:
    """Return everything that Dagster's storage keeps, a text a table."""
    names = [name for (name,) in sql(url, "select tablename from pg_tables where schemaname = 'public'")]
    texts = {name: sql(url, f'select t::text from "{name}" t') for name in names}
    return {name: "\n".join(row for (row,) in rows).encode() for name, rows in texts.items() if rows}


def files_below(*folders: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


@contextmanager
def command_lines() -> Iterator[dict[str, bytes]]:
    """Collect the command lines of all processes, again and again while the block runs."""
    seen: dict[str, bytes] = {}
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.02):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = file.read_bytes()
                except OSError:  # it has ended meanwhile
                    continue
                seen[f"{file} {line!r}"] = line

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(("right", "ends"), [(True, DagsterRunStatus.SUCCESS), (False, DagsterRunStatus.FAILURE)])
def test_a_run_keeps_no_password_whether_it_fails_or_not(
    right: bool,  # noqa: FBT001
    ends: DagsterRunStatus,
    account: Account,
    instance: DagsterInstance,
    sql: RunSql,
    storage_url: str,
    tmp_path: Path,
) -> None:
    used = account if right else replace(account, password=f"wr0ng {account.password}")
    settings = Settings.load(source_url=used.url, root=str(tmp_path / "exports"))
    with command_lines() as lines, serving(Project(settings, instance)) as server:
        run_id = server.launch("logs_job", {PARTITION_TAG: LAST_DAY.isoformat()})
        assert server.wait(run_id) is ends
    stored = rows_of_all_tables(storage_url, sql)
    assert "runs" in stored
    assert "event_logs" in stored
    files = files_below(tmp_path)
    assert any("compute_logs" in name for name in files)
    assert any(name.endswith(".parquet") for name in files) is right
    assert any(b"dagster" in line and run_id.encode() in line for line in lines.values())
    for held in (stored, files, lines):
        require_absent(used.password, held)
    handed_on = {"what `dagster dev` starts its children with": serialize_value(instance.get_ref()).encode()}
    require_absent(storage_url.partition("@")[0].rpartition(":")[2], stored | lines | handed_on)


Way = Callable[[Account, Path], Mapping[str, str]]


def by_url(account: Account, _: Path) -> Mapping[str, str]:
    return {"EXPORT_SOURCE_URL": account.url}


def by_parts(account: Account, _: Path) -> Mapping[str, str]:
    return account.parts


def by_broken_url(account: Account, _: Path) -> Mapping[str, str]:
    return {"EXPORT_SOURCE_URL": f"postgresql://{account.name}:{account.password}@[{account.place}"}


def by_broken_storage(account: Account, _: Path) -> Mapping[str, str]:
    storage = f"postgresql+psycopg2://{account.name}:{account.password}@{account.place}"
    return {"EXPORT_SOURCE_URL": account.url, "EXPORT_STORAGE_URL": storage}


def by_broken_files(account: Account, folder: Path) -> Mapping[str, str]:
    (folder / ".env").write_text(f"EXPORT_SOURCE_PASSWORD='{account.password}\n", encoding="utf-8")
    (folder / "c.yaml").write_text(f"source_password: {{{account.password}\n", encoding="utf-8")
    return {"EXPORT_CONFIG": str(folder / "c.yaml"), "EXPORT_ENV_FILE": str(folder / ".env")}


def by_misplaced_secret(account: Account, _: Path) -> Mapping[str, str]:
    return {"EXPORT_SOURCE_PORT": account.password, "EXPORT_S3_ENDPOINT_URL": f"https://a:{account.password}@x"}


@pytest.mark.parametrize(
    ("command", "way"),
    [
        ("check", by_url),
        ("export ips", by_url),
        ("export ips", by_parts),
        ("export ips", by_broken_url),
        ("export ips", by_broken_storage),
        ("export ips", by_broken_files),
        ("export ips", by_misplaced_secret),
    ],
)
def test_no_command_prints_a_wrong_password(command: str, way: Way, account: Account, tmp_path: Path) -> None:
    wrong = replace(account, password=f"wr0ng {account.password}")
    given = {"EXPORT_ROOT": str(tmp_path / "exports"), **way(wrong, tmp_path)}
    with command_lines() as lines:
        done = run(*command.split(), "--home", tmp_path / "home", environ=given)
    assert done.returncode == 1
    said = (done.stdout + done.stderr).encode()
    assert said
    assert b"Traceback" not in said
    for secret in (wrong.password, ODD):
        require_absent(secret, lines | {"printed": said})


def test_an_export_to_a_bucket_shows_no_key(account: Account, bucket: Bucket, tmp_path: Path) -> None:
    key, secret = OWNER
    given = account.parts | {
        "EXPORT_ROOT": f"{bucket.url}/deep",
        "EXPORT_S3_ENDPOINT_URL": str(bucket.options.endpoint_url),
        "EXPORT_S3_REGION": "us-east-1",
        "EXPORT_S3_PATH_STYLE": "true",
        "EXPORT_S3_ACCESS_KEY_ID": key,
        "EXPORT_S3_SECRET_ACCESS_KEY": secret,
        "EXPORT_S3_PART_BYTES": str(6 << 20),
        "EXPORT_S3_SPOOL_FOLDER": str(tmp_path / "spool"),
        "EXPORT_S3_SPOOL_BYTES": str(1 << 30),
    }
    with command_lines() as lines:
        done = run("export", "ips", "--home", tmp_path / "home", environ=given)
        assert done.returncode == 0, done.stderr
        wrong = run("export", "ips", environ=given | {"EXPORT_S3_SECRET_ACCESS_KEY": f"wr0ng{secret}"})
    assert done.stdout.startswith(f"{bucket.url}/deep/exports/")
    assert wrong.returncode == 1
    assert b"Traceback" not in wrong.stderr.encode()
    kept = {name: bucket.read(name) for name in bucket.list_keys()}
    printed = {"printed": (done.stdout + done.stderr + wrong.stdout + wrong.stderr).encode()}
    assert any(name.endswith(".parquet") for name in kept)
    for one in (secret, account.password):
        require_absent(one, kept | printed | lines)
