"""The file's bytes against the manifest: there, as long as it was, and not altered."""

from export_pipeline.inspection.finding import Finding, failed, passed
from export_pipeline.inspection.published_file import Content, PublishedFile
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.manifest import Manifest


def check_content(file: PublishedFile, manifest: Manifest, severity: Severity) -> Finding:
    """Compare the data, and the quarantined rows where there are some, with the manifest.

    Raises: DestinationError for a file that is not there.
    """
    problem = _difference(str(file.target.data), file.content(), Content(manifest.bytes, manifest.sha256))
    if manifest.quarantine and not problem:
        expected = Content(manifest.quarantine.bytes, manifest.quarantine.sha256)
        problem = _difference(manifest.quarantine.path, file.quarantine_content(), expected)
    if problem:
        return failed(severity, problem, bytes=manifest.bytes, sha256=manifest.sha256)
    return passed(f"{manifest.bytes} bytes, as published", bytes=manifest.bytes, sha256=manifest.sha256)


def _difference(name: str, found: Content | None, expected: Content) -> str | None:
    if found == expected:
        return None
    if found is None or found.bytes != expected.bytes:
        size = found.bytes if found else 0
        return f"{name}: {size} bytes, {expected.bytes} were published; export the partition again"
    return f"{name}: other bytes than were published (sha256 {found.sha256}); export the partition again"
