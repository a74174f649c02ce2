"""Fetching the files of exports, from a folder and from a bucket: checked, resumed, never over another file."""

import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from export_pipeline.write.paths import export_folder
from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.cli.exports.conftest import bucket_environ, environ_of
from export_pipeline_tests.defs.exports.conftest import in_bucket
from export_pipeline_tests.defs.exports.making import export_now
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.object_store import Bucket

Environ = Mapping[str, str]


def content_of(project: Project, export_id: str, name: str = "logs.csv") -> bytes:
    with project.settings.destination.open_file(export_folder(export_id) / name) as file:
        return file.read()


@pytest.fixture
def stored(project: Project, bucket: Bucket) -> Project:
    return in_bucket(project, bucket)


@pytest.fixture
def s3_environ(stored: Project, storage_url: str, bucket: Bucket) -> Environ:
    return {**environ_of(stored.settings, stored, storage_url), **bucket_environ(bucket)}


def test_a_download_is_whole_and_done_once(invoke: Invoke, project: Project, environ: Environ, tmp_path: Path) -> None:
    export_id, folder = export_now(project, datasets=["logs", "ips"]), tmp_path / "new" / "folder"
    done = invoke("download", export_id[:8], "-o", folder, environ=environ)
    assert done.returncode == 0, done.stderr
    names = ["logs.csv", "ips.csv", "ips.manifest.json", "logs.manifest.json"]
    assert done.stdout.split() == [str(folder / name) for name in names]
    for name in names:
        assert (folder / name).read_bytes() == content_of(project, export_id, name)
    assert "0 of 4 files fetched" in invoke("download", export_id, "-o", folder, environ=environ).stderr
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_quarantined_rows_come_along_and_are_checked(
    invoke: Invoke, project: Project, environ: Environ, tmp_path: Path
) -> None:
    export_id = export_now(project, on_invalid="quarantine", validation_level="strict", split_rows=1_000)
    done = invoke("download", export_id, "-o", tmp_path / "whole", environ=environ)
    assert done.returncode == 0, done.stderr
    name = "logs-00001.quarantine.jsonl"
    rejected = (tmp_path / "whole" / name).read_bytes()
    assert rejected == content_of(project, export_id, name)
    project.settings.destination.put(export_folder(export_id) / name, rejected[:-2] + b" }")
    refused = invoke("download", export_id, "-o", tmp_path / "damaged", environ=environ)
    assert (refused.returncode, "not what was published" in refused.stderr) == (1, True)
    assert list((tmp_path / "damaged").glob("*quarantine*")) == []


def test_a_download_that_was_cut_short_goes_on(
    invoke: Invoke, stored: Project, s3_environ: Environ, tmp_path: Path
) -> None:
    export_id = export_now(stored)
    content = content_of(stored, export_id)
    (tmp_path / "logs.csv.part").write_bytes(content[:1000])
    assert invoke("download", export_id, "-o", tmp_path, environ=s3_environ).returncode == 0
    assert (tmp_path / "logs.csv").read_bytes() == content
    assert not (tmp_path / "logs.csv.part").exists()


@pytest.mark.parametrize("left", [b"another beginning", b"x" * 10_000_000])
def test_a_beginning_of_something_else_is_never_kept(
    invoke: Invoke, project: Project, environ: Environ, tmp_path: Path, left: bytes
) -> None:
    export_id = export_now(project)
    (tmp_path / "logs.csv.part").write_bytes(left)
    codes = [invoke("download", export_id, "-o", tmp_path, environ=environ).returncode for _ in range(2)]
    assert codes == ([1, 0] if len(left) < 100 else [0, 0])
    assert (tmp_path / "logs.csv").read_bytes() == content_of(project, export_id)


def test_another_file_of_that_name_is_not_overwritten(
    invoke: Invoke, project: Project, environ: Environ, tmp_path: Path
) -> None:
    export_id = export_now(project)
    (tmp_path / "logs.csv").write_text("mine")
    done = invoke("download", export_id, "-o", tmp_path, environ=environ)
    assert (done.returncode, (tmp_path / "logs.csv").read_text()) == (1, "mine")
    assert "is another file" in done.stderr


def test_a_file_that_was_changed_where_it_lies_is_refused(
    invoke: Invoke, project: Project, environ: Environ, tmp_path: Path
) -> None:
    export_id = export_now(project)
    path = export_folder(export_id) / "logs.csv"
    changed = content_of(project, export_id).replace(b"2026", b"2027", 1)
    project.settings.destination.put(path, changed)
    done = invoke("download", export_id, "-o", tmp_path, environ=environ)
    assert (done.returncode, list(tmp_path.glob("logs.csv*"))) == (1, [])
    assert "not what was published" in done.stderr


def test_links_read_the_files_in_a_bucket(invoke: Invoke, stored: Project, s3_environ: Environ) -> None:
    export_id = export_now(stored)
    (one,) = json.loads(invoke("link", export_id, "--expires", "15m", "--json", environ=s3_environ).stdout)
    assert one["name"] == "logs.csv"
    assert "X-Amz-Expires=900" in one["url"]
    with urllib.request.urlopen(one["url"]) as answer:
        assert answer.read() == content_of(stored, export_id)
    assert "7 days" in invoke("link", export_id, "--expires", "8d", environ=s3_environ).stderr


def test_a_folder_has_no_links_and_a_deleted_export_no_files(
    invoke: Invoke, project: Project, environ: Environ, tmp_path: Path
) -> None:
    export_id = export_now(project)
    refused = invoke("link", export_id, environ=environ)
    assert (refused.returncode, "EXPORT_ROOT=s3://" in refused.stderr) == (1, True)
    assert invoke("delete", export_id, "--yes", environ=environ).returncode == 0
    gone = invoke("download", export_id, "-o", tmp_path, environ=environ)
    assert (gone.returncode, "deleted, so it has no files" in gone.stderr) == (1, True)
