import os
import signal
from pathlib import Path

import pytest

from export_pipeline.embedded.binaries import Binaries, find_binaries
from export_pipeline.embedded.cluster import ensure_cluster, server_command
from export_pipeline.embedded.home import Place
from export_pipeline.embedded.server import start_or_join
from export_pipeline.errors import EmbeddedServerError
from export_pipeline_tests.conftest import MakeHome, RunSql
from export_pipeline_tests.embedded.owners import start_owner
from export_pipeline_tests.processes import wait_until


def test_data_of_another_major_version_is_refused_with_both_versions(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("15\n")
    binaries = find_binaries()
    with pytest.raises(
        EmbeddedServerError,
        match=rf"{data} was made by PostgreSQL 15, .* PostgreSQL {binaries.major}; install",
    ):
        ensure_cluster(binaries, Place(data, None), "secret", 0)


def test_initdb_cut_by_a_kill_is_done_again(make_home: MakeHome, sql: RunSql) -> None:
    home = make_home()
    with start_owner(home) as owner:
        wait_until((home / "data.part" / "base").exists)
        owner.process.send_signal(signal.SIGKILL)
        owner.process.wait()
        assert not (home / "data").exists()
    with start_or_join(home, settings={"fsync": "off"}) as server:
        assert sql(server.url("postgres"), "SELECT 1") == [(1,)]
    assert not (home / "data.part").exists()
    assert not (home / "initdb.password").exists()


def test_failed_initdb_says_why_without_the_password(tmp_path: Path) -> None:
    binaries = find_binaries()
    lame = tmp_path / "initdb"
    lame.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    lame.chmod(0o755)
    (tmp_path / "lock").touch()
    lock_fd = os.open(tmp_path / "lock", os.O_RDWR)
    with pytest.raises(EmbeddedServerError, match="no room") as caught:
        ensure_cluster(Binaries(tmp_path, binaries.version), Place(tmp_path / "data", None), "secret", lock_fd)
    os.close(lock_fd)
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "initdb.password").exists()


@pytest.mark.parametrize("name", ["port", "listen_addresses", "unix_socket_directories"])
def test_settings_that_are_ours_are_refused(name: str) -> None:
    with pytest.raises(EmbeddedServerError, match=f"settings {name}: .*leave them out"):
        server_command(Binaries(Path("/x"), "18.6"), Path("/data"), 5432, {name: "1"})


def test_settings_of_the_caller_win_over_the_defaults() -> None:
    command = server_command(Binaries(Path("/x"), "18.6"), Path("/data"), 5432, {"shared_buffers": "1MB"})
    assert command[:3] == ["/x/postgres", "-D", "/data"]
    assert "shared_buffers=1MB" in command
    assert "port=5432" in command
    assert not any(part.startswith("fsync") for part in command)
