"""What an export's folder says of itself."""

from pathlib import Path

import pytest

from export_pipeline.defs.exports.stored import list_folders, read_stored
from export_pipeline.errors import ConfigError, CorruptFileError, DestinationError
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.paths import export_record
from export_pipeline_tests.defs.exports.making import export_now
from export_pipeline_tests.defs.project import Project

HEAD = b'{"export_id": "e1", "finished_at": "2026-11-20T00:00:00+00:00", "files": '


def test_an_exports_record_names_its_files(anywhere: Project) -> None:
    export_id = export_now(anywhere, datasets=["logs", "ips"])
    stored = read_stored(anywhere.settings.destination, export_id)
    assert stored.export_id == export_id
    assert [(file.name, file.dataset, file.rows) for file in stored.files] == [
        ("logs.csv", "logs", 2_000),
        ("ips.csv", "ips", 60),
    ]
    (folder,) = list_folders(anywhere.settings.destination)
    assert (folder.export_id, folder.is_whole) == (export_id, True)
    assert folder.bytes > sum(file.bytes for file in stored.files)


def test_what_is_not_there_is_said(anywhere: Project) -> None:
    assert list_folders(anywhere.settings.destination) == []
    with pytest.raises(DestinationError, match="no such export here"):
        read_stored(anywhere.settings.destination, "e1")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"export_id": "e1"}', HEAD + b'[{"name": "x"}]}'])
def test_a_damaged_record_is_corrupt(tmp_path: Path, content: bytes) -> None:
    destination = LocalDestination(tmp_path)
    destination.put(export_record("e1"), content)
    with pytest.raises(CorruptFileError, match=r"export\.json: is no record"):
        read_stored(destination, "e1")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", ""])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    destination = LocalDestination(tmp_path)
    files = f'[{{"name": "{name}", "bytes": 1, "sha256": "0"}}]}}'
    destination.put(export_record("e1"), HEAD + files.encode())
    with pytest.raises(ConfigError, match="below the root"):
        read_stored(destination, "e1")


def test_a_stray_file_is_no_export(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "note.txt").touch()
    assert list_folders(LocalDestination(tmp_path)) == []
