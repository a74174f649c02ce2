from pathlib import Path

import pytest

from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.destinations.local_files import LocalFiles
from export_pipeline.write.destinations.local_recovery import recover
from export_pipeline_tests.write.samples import PARTITION, REJECTED, publish_rows


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    """Give a partition whose publisher was killed before its last step: its manifest and quarantine are pending."""
    destination = LocalDestination(tmp_path)
    publish_rows(destination, "data", run_id="killed", with_rejected=True)
    files = LocalFiles.below(tmp_path, PARTITION)
    assert files.quarantine is not None
    files.manifest.rename(files.pending_manifest("killed"))
    files.quarantine.rename(files.pending_quarantine("killed"))
    return files


def test_pending_files_that_describe_the_data_are_promoted(files: LocalFiles) -> None:
    recover(files)
    manifest = files.read_manifest()
    assert manifest is not None
    assert manifest.run_id == "killed"
    assert files.quarantine is not None
    assert files.quarantine.read_bytes() == REJECTED
    assert files.pending_run_ids() == files.pending_quarantine_run_ids() == []


def test_pending_files_that_describe_other_data_are_deleted(files: LocalFiles) -> None:
    files.data.write_bytes(b"older data")
    recover(files)
    assert files.read_manifest() is None
    assert files.quarantine is not None
    assert not files.quarantine.exists()
    assert files.pending_run_ids() == files.pending_quarantine_run_ids() == []


def test_pending_files_without_data_are_deleted(files: LocalFiles) -> None:
    files.data.unlink()
    recover(files)
    assert files.read_manifest() is None
    assert files.pending_run_ids() == files.pending_quarantine_run_ids() == []


def test_a_torn_pending_manifest_is_deleted(files: LocalFiles) -> None:
    pending = files.pending_manifest("killed")
    pending.write_bytes(pending.read_bytes()[:100])
    recover(files)
    assert files.read_manifest() is None
    assert files.pending_run_ids() == files.pending_quarantine_run_ids() == []


def test_recovery_killed_between_quarantine_and_manifest_can_be_repeated(files: LocalFiles) -> None:
    assert files.quarantine is not None
    files.pending_quarantine("killed").rename(files.quarantine)
    recover(files)
    assert files.read_manifest() is not None
    assert files.quarantine.read_bytes() == REJECTED
