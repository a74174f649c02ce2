import os
import signal
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from export_pipeline.embedded import home as home_module
from export_pipeline.embedded import server as server_module
from export_pipeline.embedded.account import choose_account
from export_pipeline.embedded.home import Home
from export_pipeline.embedded.ownership import RunningServer, take_lock
from export_pipeline.embedded.server import EmbeddedServer, start_or_join
from export_pipeline.errors import EmbeddedServerError
from export_pipeline_tests.conftest import MakeHome, RunSql
from export_pipeline_tests.embedded.owners import start_owner
from export_pipeline_tests.processes import alive, wait_until

FAST = {"fsync": "off"}


def all_gone(running: RunningServer) -> bool:
    return not alive({running.server_pid}) and not alive({running.guardian_pid})


def test_server_answers_on_loopback_alone_with_checksums_and_utf8(server: EmbeddedServer, sql: RunSql) -> None:
    settings = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
    names = [
        "listen_addresses",
        "unix_socket_directories",
        "data_checksums",
        "server_encoding",
        "lc_messages",
    ]
    names += ["password_encryption", "max_connections", "TimeZone"]
    assert dict(sql(server.url("postgres"), settings, [names])) == {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "lc_messages": "C",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        "TimeZone": "UTC",
    }


def test_server_refuses_a_wrong_password(server: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres")


def test_files_in_the_home_are_for_their_owner_alone(server: EmbeddedServer) -> None:
    home = Home(server.home)
    group_may_walk_through = 0o010 if os.geteuid() == 0 else 0
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700 | group_may_walk_through
    for path in (home.password_file, home.state, home.lock):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_repr_and_url_keep_the_password_apart(server: EmbeddedServer) -> None:
    password = Home(server.home).read_password()
    assert password in server.url("a")
    assert password not in repr(server)
    assert str(server.port) in repr(server)


def test_url_names_the_driver_and_escapes_the_database(server: EmbeddedServer, sql: RunSql) -> None:
    name = "odd/na me?#"
    assert server.url("x", driver="postgresql+psycopg2").startswith("postgresql+psycopg2://postgres:")
    assert server.create_database(name)
    assert sql(server.url(name), "SELECT current_database()") == [(name,)]


def test_database_is_created_once_however_many_ask(server: EmbeddedServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(server.create_database, ["wanted_by_all"] * 8))
    assert sorted(created) == [False] * 7 + [True]


def test_rows_survive_a_restart_and_stop_may_be_called_twice(make_home: MakeHome, sql: RunSql) -> None:
    home = make_home()
    with start_or_join(home, settings=FAST) as first:
        assert first.owned
        sql(first.url("postgres"), "CREATE TABLE kept AS SELECT 7 AS n")
    first.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first.url("postgres"))
    with start_or_join(home, settings=FAST) as second:
        assert sql(second.url("postgres"), "SELECT n FROM kept") == [(7,)]
    assert (home / "postgres.log.1").exists()


def test_settings_go_over_the_defaults(make_home: MakeHome, sql: RunSql) -> None:
    with start_or_join(make_home(), settings={"max_connections": "33", "fsync": "off"}) as server:
        assert sql(server.url("postgres"), "SHOW max_connections") == [("33",)]


def test_second_start_joins_and_leaves_the_server_alone(make_home: MakeHome, sql: RunSql) -> None:
    with start_or_join(make_home(), settings=FAST) as owner:
        with start_or_join(owner.home) as guest:
            assert not guest.owned
            assert guest.port == owner.port
        assert sql(guest.url("postgres"), "SELECT 1") == [(1,)]


def test_another_process_joins(make_home: MakeHome) -> None:
    with start_or_join(make_home(), settings=FAST) as owner, start_owner(owner.home) as guest:
        running, owned = guest.read_state()
        assert not owned
        assert running.port == owner.port
        assert running.owner_pid == os.getpid()


def test_starts_that_race_end_in_one_server(make_home: MakeHome) -> None:
    home = make_home()
    with start_owner(home) as one, start_owner(home) as two, start_owner(home) as three:
        states = [owner.read_state() for owner in (one, two, three)]
        assert sorted(owned for _, owned in states) == [False, False, True]
        assert len({running.port for running, _ in states}) == 1


def test_threads_that_race_end_in_one_server(make_home: MakeHome) -> None:
    home = make_home()
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: start_or_join(home, settings=FAST), range(4)))
    assert sorted(server.owned for server in servers) == [False, False, False, True]
    for server in servers:
        server.stop()


def test_lock_without_a_server_is_refused_by_process_and_folder(
    make_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_JOIN_TIMEOUT_S", 0.3)
    home = make_home()
    home.mkdir()
    lock_fd = take_lock(Home(home))
    assert lock_fd is not None
    try:
        with pytest.raises(EmbeddedServerError, match=rf"{home}.* process {os.getpid()}.*end that process"):
            start_or_join(home)
    finally:
        os.close(lock_fd)


def test_killed_owner_leaves_no_process_and_the_next_start_recovers(make_home: MakeHome, sql: RunSql) -> None:
    home = make_home()
    with start_owner(home) as owner:
        running, _ = owner.read_state()
        assert alive({running.server_pid})
        assert alive({running.guardian_pid})
        owner.process.send_signal(signal.SIGKILL)
        owner.process.wait()
        with start_or_join(home, settings=FAST) as server:
            assert server.owned
            assert sql(server.url("postgres"), "SELECT 1") == [(1,)]
            wait_until(lambda: all_gone(running))


def test_killed_owner_leaves_no_process_though_its_children_live(make_home: MakeHome) -> None:
    children = """
a_program = subprocess.Popen(["sleep", "300"], stdout=subprocess.DEVNULL, close_fds=False)
a_fork = os.fork()
if a_fork == 0:
    server.stop()
    os.close(1)
    time.sleep(300)
say(f"{a_program.pid} {a_fork}")
"""
    with start_owner(make_home(), after=children) as owner:
        running, _ = owner.read_state()
        pids = [int(pid) for pid in owner.read_line().split()]
        try:
            owner.process.kill()
            owner.process.wait()
            wait_until(lambda: all_gone(running))
            assert all(alive({pid}) for pid in pids)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)


def test_stop_in_a_fork_of_the_owner_stops_nothing(make_home: MakeHome) -> None:
    fork = """
child = os.fork()
if child == 0:
    server.stop()
    os._exit(0)
os.waitpid(child, 0)
time.sleep(0.3)
say(server.create_database("still_there"))
say(read_state(Home(home)) is not None)
"""
    with start_owner(make_home(), after=fork) as owner:
        owner.read_state()
        assert owner.read_line() == "True"
        assert owner.read_line() == "True"


def test_server_outlives_the_thread_that_started_it(make_home: MakeHome, sql: RunSql) -> None:
    servers: list[EmbeddedServer] = []
    thread = threading.Thread(target=lambda: servers.append(start_or_join(make_home(), settings=FAST)))
    thread.start()
    thread.join()
    with servers[0] as server:
        assert sql(server.url("postgres"), "SELECT pg_sleep(0.3), 1") == [("", 1)]


def test_killed_guardian_takes_the_server_along(make_home: MakeHome) -> None:
    with start_owner(make_home()) as owner:
        running, _ = owner.read_state()
        os.kill(running.guardian_pid, signal.SIGTERM if os.uname().sysname == "Darwin" else signal.SIGKILL)
        wait_until(lambda: not alive({running.server_pid}))


def test_interrupt_of_the_whole_terminal_does_not_reach_the_server(make_home: MakeHome) -> None:
    after = """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
say("ready")
signal.sigwait([signal.SIGINT])
say(server.create_database("after_interrupt"))
"""
    with start_owner(make_home(), after=after) as owner:
        owner.read_state()
        assert owner.read_line() == "ready"
        os.killpg(owner.process.pid, signal.SIGINT)
        assert owner.read_line() == "True"


def test_ordinary_user_runs_the_server_as_himself(make_home: MakeHome) -> None:
    account = choose_account()
    home = make_home()
    if account:
        home.mkdir()
        os.chown(home, account.uid, account.gid)
    with start_owner(home, account=account) as owner:
        running, owned = owner.read_state()
        assert owned
        assert (home / "data").stat().st_uid == (account.uid if account else os.geteuid())
        assert (home / "password").stat().st_uid == (account.uid if account else os.geteuid())
        guest = start_or_join(home)
        assert (guest.owned, guest.port) == (False, running.port)
    with start_or_join(home, settings=FAST) as server:  # root runs it as the one who made it
        assert server.owned


def test_home_behind_a_private_folder_works_and_leaves_that_folder_private(
    tmp_path: Path, make_home: MakeHome, monkeypatch: pytest.MonkeyPatch, sql: RunSql
) -> None:
    monkeypatch.setattr(home_module, "SHARED", make_home())
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    home = private / "deep" / "home"
    with start_or_join(home, settings=FAST) as server:
        sql(server.url("postgres"), "CREATE TABLE kept AS SELECT 7 AS n")
    with start_or_join(home, settings=FAST) as server:
        assert sql(server.url("postgres"), "SELECT n FROM kept") == [(7,)]
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    pointer = home / "data.location"
    assert pointer.exists() == (os.geteuid() == 0)
    assert (home / "data").exists() == (os.geteuid() != 0)


def test_server_that_does_not_start_shows_the_end_of_its_log(make_home: MakeHome) -> None:
    home = make_home()
    with pytest.raises(EmbeddedServerError, match=r'postgres\.log(.|\n)*"no_such_setting"') as caught:
        start_or_join(home, settings={"no_such_setting": "1"})
    assert Home(home).read_password() not in str(caught.value)
    with start_or_join(home, settings=FAST) as server:
        assert server.owned


def test_taken_port_is_given_up_for_another(make_home: MakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken: int = stranger.getsockname()[1]
        find_free_port = server_module._find_free_port  # noqa: SLF001 - the race is lost on purpose, once
        ports = iter([taken])
        monkeypatch.setattr(server_module, "_find_free_port", lambda: next(ports, None) or find_free_port())
        with start_or_join(make_home(), settings=FAST) as server:
            assert server.port != taken


def test_interrupted_start_leaves_no_server(make_home: MakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    home = make_home()
    with monkeypatch.context() as patch:
        patch.setattr(server_module, "_answers", interrupt)
        with pytest.raises(KeyboardInterrupt):
            start_or_join(home, settings=FAST)
    lock_fd = take_lock(Home(home))
    assert lock_fd is not None
    os.close(lock_fd)


def test_home_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedServerError, match="choose a folder"):
        start_or_join(tmp_path / "file" / "home")


def test_server_of_another_home_behind_the_announced_port_is_not_joined(
    make_home: MakeHome, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_JOIN_TIMEOUT_S", 0.3)
    with start_or_join(make_home(), settings=FAST) as owner:
        state = Home(owner.home).state
        state.write_text(state.read_text().replace(str(owner.port), str(server.port)))
        with pytest.raises(EmbeddedServerError, match="no server answers"):
            start_or_join(owner.home)
