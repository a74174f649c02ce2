"""`export-pipeline check` finds each mistake that a newcomer makes, one at a time, and says the next step."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from export_pipeline.defs.dagster_yaml import project_dagster_yaml
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.newcomer.conftest import Office
from export_pipeline_tests.object_store import READER

LOGS = "ops.device_events"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and how `check` names it: the row's begin, a part of it, a part of the next step."""

    row: str
    said: str
    next_step: str
    variables: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    sql: str = ""
    place: Callable[[Office, Path], Mapping[str, str]] = lambda _office, _folder: {}


def dagster_home(_office: Office, folder: Path) -> Mapping[str, str]:
    shutil.copy(project_dagster_yaml(), folder)
    return {"DAGSTER_HOME": str(folder)}


def file_in_the_way(_office: Office, folder: Path) -> Mapping[str, str]:
    (folder / "file").touch()
    return {"EXPORT_S3_SPOOL_FOLDER": str(folder / "file" / "spool")}


MISTAKES = {
    "host": Mistake(
        "✗ source: ",
        "could not translate host name",
        "check the host",
        {"EXPORT_SOURCE_HOST": "no-such-host.invalid"},
    ),
    "port": Mistake("✗ source: ", "localhost:1/", "check that the server runs", {"EXPORT_SOURCE_PORT": "1"}),
    "password": Mistake(
        "✗ source: ",
        "password authentication failed",
        "check user and password",
        {"EXPORT_SOURCE_PASSWORD": "wr0ng"},
    ),
    "database": Mistake("✗ source: ", "does not exist", "check the database", {"EXPORT_SOURCE_DATABASE": "operation"}),
    "root certificate missing": Mistake(
        "✗ settings: EXPORT_SOURCE_TLS_ROOT",
        "/nowhere/ca.pem cannot be read",
        "docs/configuration.md",
        {"EXPORT_SOURCE_TLS_ROOT": "/nowhere/ca.pem"},
    ),
    "another authority": Mistake(
        "✗ source: ",
        "certificate verify failed",
        "name the root certificate",
        place=lambda office, _: {"EXPORT_SOURCE_TLS_ROOT": str(office.company.other_root)},
    ),
    "another name in the certificate": Mistake(
        "✗ source: ",
        "does not match host name",
        "connect by a name in the certificate",
        {"EXPORT_SOURCE_HOST": "127.0.0.1"},
    ),
    "no SELECT": Mistake(
        "✗ logs: table privileges: ",
        "exporter may not read",
        'GRANT SELECT ON "ops"."device_events" TO "exporter";',
        sql=f"REVOKE SELECT ON {LOGS} FROM exporter",
    ),
    "SELECT on some columns": Mistake(
        "✗ logs: table privileges: ",
        "exporter may not read",
        'GRANT SELECT ON "ops"."device_events" TO "exporter";',
        sql=f"REVOKE SELECT ON {LOGS} FROM exporter; GRANT SELECT (id, logged_at) ON {LOGS} TO exporter",
    ),
    "row-level security": Mistake(
        "✗ logs: table privileges: ",
        "row-level security would hide rows",
        'ALTER ROLE "exporter" BYPASSRLS;',
        sql=f"ALTER TABLE {LOGS} ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON {LOGS} USING (id > 5)",
    ),
    "no USAGE on the schema": Mistake(
        "✗ logs: ",
        "the account may not use the schema",
        'GRANT USAGE ON SCHEMA "ops" TO "exporter";',
        sql="REVOKE USAGE ON SCHEMA ops FROM exporter",
    ),
    "table misspelt": Mistake(
        "✗ logs: table: ",
        "ops.device_event is not in the database",
        f"EXPORT_DATASETS__LOGS__TABLE={LOGS}",
        {"EXPORT_DATASETS__LOGS__TABLE": "ops.device_event"},
    ),
    "column renamed": Mistake(
        "✗ logs: columns: ",
        "column 'log_level' (varchar) is missing",
        """COLUMN_MAP='{"timestamp": "logged_at", "message": "msg", "log_level": "level"}'""",
        sql=f"ALTER TABLE {LOGS} RENAME log_level TO level",
    ),
    "another type": Mistake(
        "✗ logs: columns: ",
        "column 'push_attempts' is text, declared is int4",
        "export a view that casts them",
        sql=f"ALTER TABLE {LOGS} ALTER push_attempts TYPE text",
    ),
    "no index": Mistake(
        "! logs: time index: ",
        "no index on its time column",
        'CREATE INDEX CONCURRENTLY ON "ops"."device_events" ("logged_at");',
        sql="DROP INDEX ops.log_entries_timestamp_idx",
    ),
    "rows before the first partition": Mistake(
        "! logs: partitions: ",
        "rows lie before the first partition, 2026-11-16",
        "EXPORT_FIRST_PARTITION=2026-11-14",
        {"EXPORT_FIRST_PARTITION": "2026-11-16"},
    ),
    "a row without a time": Mistake(
        "! logs: partitions: ",
        "1 rows have no time",
        "mend their times",
        sql=f"UPDATE {LOGS} SET logged_at = NULL WHERE id = (SELECT min(id) FROM {LOGS})",
    ),
    "an infinite time": Mistake(
        "✗ logs: sample: ",
        "column 'pushed_at' holds infinity",
        "set special_times",
        sql=f"UPDATE {LOGS} SET pushed_at = 'infinity'",
    ),
    "no devices": Mistake(
        "✗ logs: joined ops.inventory: ",
        "ops.inventory is not in the database",
        "EXPORT_DATASETS__LOGS__SIDE_TABLE=schema.name",
        sql="ALTER TABLE ops.inventory RENAME TO gear",
    ),
    "bucket": Mistake(
        "✗ destination: write: ",
        "s3://no-such-bucket/",
        "create the bucket, or mend its name",
        {"EXPORT_ROOT": "s3://no-such-bucket/network"},
    ),
    "endpoint": Mistake(
        "✗ destination: write: ",
        "EndpointConnectionError",
        "check EXPORT_S3_ENDPOINT_URL",
        {"EXPORT_S3_ENDPOINT_URL": "http://127.0.0.1:1"},
    ),
    "secret key": Mistake(
        "✗ destination: write: ",
        "SignatureDoesNotMatch",
        "check the access key and its secret",
        {"EXPORT_S3_SECRET_ACCESS_KEY": "wr0ng"},
    ),
    "bucket that is only read": Mistake(
        "✗ destination: write: ",
        "AccessDenied",
        "give this account the right",
        {"EXPORT_S3_ACCESS_KEY_ID": READER[0], "EXPORT_S3_SECRET_ACCESS_KEY": READER[1]},
    ),
    "spool": Mistake("✗ destination: spool: ", "file", "", place=file_in_the_way),
    "storage": Mistake(
        "✗ dagster: storage: ",
        "cannot be reached",
        "mend EXPORT_STORAGE_URL",
        {"EXPORT_STORAGE_URL": "postgresql+psycopg2://dagster:wr0ng@127.0.0.1:1/dagster"},
        place=dagster_home,
    ),
    "no DAGSTER_HOME": Mistake(
        "✗ dagster: DAGSTER_HOME: ",
        "it is not set",
        "an absolute folder that holds a copy of",
        place=lambda office, _: {"EXPORT_STORAGE_URL": office.company.storage_url},
    ),
    "storage by another driver": Mistake(
        "✗ settings: EXPORT_STORAGE_URL",
        "it must begin with postgresql+psycopg2://",
        "EXPORT_STORAGE_URL=postgresql+psycopg2://",
        {"EXPORT_STORAGE_URL": "postgresql://dagster:wr0ng@127.0.0.1/dagster"},
    ),
    "zone": Mistake(
        "✗ settings: EXPORT_ZONE", "Europe/Berlln", "EXPORT_ZONE=", {"EXPORT_ZONE": "Europe/Berlln"}
    ),
    "a setting misspelt": Mistake(
        "✗ settings: ",
        "EXPORT_SOURCE_HOSTS is not a setting",
        "did you mean EXPORT_SOURCE_HOST?",
        {"EXPORT_SOURCE_HOSTS": "localhost"},
    ),
    "nothing set": Mistake(
        "✗ source: ",
        "EXPORT_SOURCE_URL is not set",
        "EXPORT_SOURCE_HOST",
        without=("EXPORT_SOURCE_HOST", "EXPORT_SOURCE_DATABASE", "EXPORT_SOURCE_TLS", "EXPORT_SOURCE_TLS_ROOT"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_next_step(
    invoke: Invoke, office: Office, tmp_path: Path, mistake: Mistake
) -> None:
    if mistake.sql:
        office.sql(mistake.sql)
    environ = {**office.environ, **mistake.variables, **mistake.place(office, tmp_path)}
    for name in mistake.without:
        environ.pop(name)
    done = invoke("check", "--dataset", "logs", environ=environ)
    lines = done.stdout.splitlines()
    rows = [number for number, line in enumerate(lines) if line.startswith(mistake.row) and mistake.said in line]
    assert rows, done.stdout
    assert lines[rows[0] + 1].startswith("  → ")
    assert mistake.next_step in lines[rows[0] + 1]
    failed = [line for line in lines if line.startswith("✗")]
    assert failed == [line for line in failed if line.startswith(mistake.row)], done.stdout
    assert done.returncode == int(mistake.row.startswith("✗"))
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert not any(secret in said for secret in ("wr0ng", environ["EXPORT_SOURCE_PASSWORD"]))


def test_a_server_without_tls_is_named(invoke: Invoke, office: Office, server: EmbeddedServer) -> None:
    done = invoke("check", "--dataset", "logs", environ=office.environ | {"EXPORT_SOURCE_PORT": str(server.port)})
    assert "server does not support SSL" in done.stdout
    assert "  → switch TLS on at the server" in done.stdout
    assert done.returncode == 1


def test_there_are_enough_mistakes_to_learn_from() -> None:
    assert len(MISTAKES) >= 20


def test_without_a_mistake_nothing_has_to_be_mended(invoke: Invoke, office: Office) -> None:
    done = invoke("check", environ=office.environ)
    assert done.returncode == 0, done.stdout
    assert "✓ source: TLS: used on this machine (sslmode verify-full)" in done.stdout
    assert "✗" not in "".join(done.stdout.splitlines()[:-1])
    assert office.bucket.list_keys() == []
