import hashlib
from pathlib import Path

from export_pipeline.write.destinations.local_files import LocalFiles, read_manifest, sha256_of
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target
from export_pipeline_tests.write.samples import PARTITION


def test_pending_files_lie_beside_the_final_ones_and_are_found_by_run(tmp_path: Path) -> None:
    files = LocalFiles.below(tmp_path, PARTITION)
    other = LocalFiles.below(tmp_path, Target.of_partition("logs", FORMATS["parquet"], "date=2026-11-21"))
    for path in (files.pending_manifest("b"), files.pending_manifest("a"), other.pending_manifest("c")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert files.pending_manifest("a").name == "date=2026-11-20.json.pending-a"
    assert files.pending_run_ids() == ["a", "b"]
    assert files.pending_quarantine_run_ids() == []


def test_a_derived_format_has_no_quarantine(tmp_path: Path) -> None:
    files = LocalFiles.below(tmp_path, Target.of_partition("logs", FORMATS["csv"], "date=2026-11-20"))
    assert files.quarantine is None
    assert files.pending_quarantine_run_ids() == []


def test_no_manifest_is_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "x.json") is None


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    assert sha256_of(tmp_path / "x") == hashlib.sha256(b"content").hexdigest()
