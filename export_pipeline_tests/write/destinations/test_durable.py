from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from export_pipeline.write.destinations import durable


def test_missing_folders_are_made_and_existing_ones_kept(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "kept").write_text("x")
    durable.make_folders(tmp_path / "a" / "b" / "c")
    durable.make_folders(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    assert (tmp_path / "a" / "kept").read_text() == "x"


def test_a_file_where_a_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileExistsError):
        durable.make_folders(tmp_path / "file" / "below")


def test_many_may_make_the_same_folders(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(50):
            folders = [tmp_path / str(number) / "a" / "b"] * 8
            list(pool.map(durable.make_folders, folders))
            assert folders[0].is_dir()


def test_a_file_is_written_moved_over_another_and_removed(tmp_path: Path) -> None:
    durable.write_file(tmp_path / "new" / "one", b"1")
    durable.write_file(tmp_path / "two", b"2")
    durable.move(tmp_path / "new" / "one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"1"
    durable.remove(tmp_path / "two")
    durable.remove(tmp_path / "two")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
