"""Inspects the files of a derived format.

Whether they are made of the newest Parquet file, change detection says.
"""

from collections.abc import Collection, Sequence
from typing import Final

from export_pipeline.datasets.checks import Check
from export_pipeline.inspection.checksum import check_content
from export_pipeline.inspection.inspection import Checks, Findings, Inspection
from export_pipeline.write.manifest import Manifest

DERIVED_CHECKS: Final = (Check.CHECKSUM,)


def inspect_derived(inspection: Inspection, keys: Sequence[str], wanted: Collection[Check]) -> dict[str, Findings]:
    """Run the checks `wanted` on the partitions `keys`; the source is not asked.

    Raises: TransientError, PermanentError where storage cannot be read: that says nothing about the data.
    """

    def checks(key: str, manifest: Manifest) -> Checks:
        return {Check.CHECKSUM: lambda severity: check_content(inspection.file(key), manifest, severity)}

    return inspection.inspect({key: inspection.manifest(key) for key in keys}, checks, wanted)
