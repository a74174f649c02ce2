"""What is done about the pending files that a killed publisher left; always under the partition's lock.

A pending manifest that describes the data in place came from a publisher killed after the rename: it is
promoted. Any other came from one killed before: it is deleted. The quarantine goes the way of its manifest.
"""

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.destinations import durable
from export_pipeline.write.destinations.local_files import LocalFiles, read_manifest, sha256_of


def recover(files: LocalFiles) -> None:
    """Promote or delete every pending manifest, then every quarantine left without one. Raises: OSError."""
    for run_id in files.pending_run_ids():
        if _describes_data(files, run_id):
            promote(files, run_id)
        else:
            durable.remove(files.pending_manifest(run_id))
    for run_id in files.pending_quarantine_run_ids():
        durable.remove(files.pending_quarantine(run_id))


def promote(files: LocalFiles, run_id: str) -> None:
    """Put the pending quarantine of `run_id`, then its manifest, in place. Raises: OSError.

    The manifest goes last: killed in between, the next publisher does the same again.
    """
    if files.quarantine:
        manifest = read_manifest(files.pending_manifest(run_id))
        if manifest and manifest.quarantine is None:
            durable.remove(files.quarantine)
        if files.pending_quarantine(run_id).exists():  # else promoted already, or none
            durable.move(files.pending_quarantine(run_id), files.quarantine)
    durable.move(files.pending_manifest(run_id), files.manifest)


def _describes_data(files: LocalFiles, run_id: str) -> bool:
    try:
        manifest = read_manifest(files.pending_manifest(run_id))
    except CorruptFileError:  # killed while it was being written
        return False
    return bool(manifest and files.data.is_file() and sha256_of(files.data) == manifest.sha256)
