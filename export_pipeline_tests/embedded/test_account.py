import os
import pwd
from pathlib import Path

import pytest

from export_pipeline.embedded import account as account_module
from export_pipeline.embedded.account import account_of, bare_environment, can_enter, choose_account, run_as
from export_pipeline.errors import EmbeddedServerError
from export_pipeline_tests.conftest import MakeHome


def test_root_gets_an_unprivileged_account_and_a_user_stays_himself() -> None:
    account = choose_account()
    if os.geteuid() == 0:
        assert account
        assert account.uid == pwd.getpwnam(account.name).pw_uid != 0
    else:
        assert account is None


def test_root_without_any_unprivileged_account_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_module, "_CANDIDATES", ("no-such-account-1", "no-such-account-2"))
    if os.geteuid() == 0:
        with pytest.raises(EmbeddedServerError, match="no-such-account-1, no-such-account-2 exists"):
            choose_account()
    else:
        assert choose_account() is None


def test_data_runs_as_the_account_that_made_it(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 4242, 4343)
        account = account_of(tmp_path)
        assert account
        assert (account.uid, account.gid) == (4242, 4343)
        os.chown(tmp_path, 0, 0)
    assert account_of(tmp_path) == choose_account()


def test_command_runs_as_the_account_without_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    account = choose_account()
    done = run_as(account, ["/bin/sh", "-c", "id -u; id -G; pwd; env"])
    uid, _, folder, *environment = done.stdout.splitlines()
    assert int(uid) == (account.uid if account else os.geteuid())
    assert folder == "/"
    assert not any("secret" in line for line in environment)
    assert set(bare_environment()) == {"PATH", "LC_ALL", "TZ"}


def test_command_that_may_not_be_run_gives_127(tmp_path: Path) -> None:
    (tmp_path / "program").write_text("not for running")
    done = run_as(None, [tmp_path / "program"])
    assert done.returncode == 127
    assert "Permission denied" in done.stderr


def test_account_can_enter_what_it_may_and_nothing_else(make_home: MakeHome) -> None:
    folder = make_home()
    folder.mkdir(mode=0o700)
    account = choose_account()
    assert can_enter(None, folder)
    assert can_enter(account, folder) == (account is None)
    assert not can_enter(account, folder / "gone")
    folder.chmod(0o755)
    assert can_enter(account, folder)
