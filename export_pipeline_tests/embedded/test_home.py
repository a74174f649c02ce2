import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from export_pipeline.embedded import home as home_module
from export_pipeline.embedded.home import ensure_password, find_place, open_home, write_private
from export_pipeline.errors import EmbeddedServerError
from export_pipeline_tests.conftest import MakeHome

IS_ROOT = os.geteuid() == 0


def test_home_is_made_private_and_found_again(make_home: MakeHome) -> None:
    folder = make_home()
    home = open_home(folder)
    assert home.folder.stat().st_uid == os.geteuid()
    assert stat.S_IMODE(home.folder.stat().st_mode) == (0o710 if IS_ROOT else 0o700)
    assert open_home(folder) == home


def test_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    open_home(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_homes_made_at_the_same_time_are_one(make_home: MakeHome) -> None:
    folder = make_home()
    with ThreadPoolExecutor(8) as pool:
        homes = list(pool.map(open_home, [folder] * 8))
    assert len(set(homes)) == 1
    assert not list(folder.parent.glob(f".{folder.name}.*"))


def test_home_made_by_a_faster_start_is_used_as_it_is(make_home: MakeHome) -> None:
    folder = make_home()
    (folder / "data").mkdir(parents=True)
    home_module._create_folder(folder, None)  # noqa: SLF001 - no such race on demand
    assert (folder / "data").exists()
    assert not list(folder.parent.glob(f".{folder.name}.*"))


def test_home_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        open_home(tmp_path / "file" / "home")
    with pytest.raises(OSError, match="file"):
        home_module._create_folder(tmp_path / "file", None)  # noqa: SLF001 - made by another, but no folder
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_data_lies_in_a_home_that_can_be_reached(make_home: MakeHome) -> None:
    home = open_home(make_home())
    assert find_place(home).data == home.folder / "data"
    assert not home.data_pointer.exists()


def test_data_lies_elsewhere_only_when_root_cannot_let_its_account_in(
    tmp_path: Path, make_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = make_home()
    monkeypatch.setattr(home_module, "SHARED", shared)
    tmp_path.chmod(0o700)
    home = open_home(tmp_path / "home")
    first = find_place(home)
    assert (first.data.parent.parent == shared) == IS_ROOT
    assert find_place(home) == first


def test_data_of_a_deleted_home_is_not_taken_for_ours(
    tmp_path: Path, make_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_module, "SHARED", make_home())
    tmp_path.chmod(0o700)
    home = open_home(tmp_path / "home")
    place = find_place(home)
    place.data.mkdir()
    home.data_pointer.unlink(missing_ok=True)
    if IS_ROOT:
        assert find_place(home).data == place.data
        assert not place.data.exists()
    else:
        assert find_place(home) == place


def test_password_is_made_once(make_home: MakeHome) -> None:
    home = open_home(make_home())
    ensure_password(home, home.folder / "data")
    password = home.read_password()
    assert len(password) >= 32
    ensure_password(home, home.folder / "data")
    assert home.read_password() == password


def test_lost_password_is_not_replaced_by_another(make_home: MakeHome) -> None:
    home = open_home(make_home())
    (home.folder / "data").mkdir()
    with pytest.raises(EmbeddedServerError, match=r"password is missing.*restore the file, or delete"):
        ensure_password(home, home.folder / "data")


def test_private_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "file", "old")
    write_private(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 1
