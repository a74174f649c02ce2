"""The checks of what is published, by the names that the UI shows. How each one judges is `inspection/`."""

from enum import StrEnum


class Check(StrEnum):
    """One question about a published partition."""

    SCHEMA = "schema"
    QUALITY = "quality"
    RECONCILIATION = "reconciliation"
    CHECKSUM = "checksum"
    FRESHNESS = "freshness"
