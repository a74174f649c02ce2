"""Taking back what one export published in a bucket, and nobody else's."""

from export_pipeline.write.destinations.s3_keys import S3Keys
from export_pipeline.write.destinations.s3_objects import S3Objects
from export_pipeline.write.manifest import Manifest


def retract(objects: S3Objects, keys: S3Keys, run_id: str) -> None:
    """Delete the data, quarantine and manifest of run `run_id`, each only while it is the one that was seen.

    Raises: OvertakenError where another export replaces it meanwhile, CorruptFileError for a damaged manifest.
    """
    data, manifest = objects.head(keys.data), objects.get(keys.manifest)
    if manifest is None or Manifest.from_json(manifest.content, objects.client.where(keys.manifest)).run_id != run_id:
        return
    if data:
        if data.publication != manifest.publication:
            return
        objects.delete(keys.data, data)
    quarantine = objects.head(keys.quarantine) if keys.quarantine else None
    if keys.quarantine and quarantine and quarantine.publication == manifest.publication:
        objects.delete(keys.quarantine, quarantine)
    objects.delete(keys.manifest, manifest)
