"""Every transform there is, by the name that datasets, manifests and the Dagster UI use."""

from collections.abc import Mapping
from types import MappingProxyType

from export_pipeline.transforms.canonicalize_level import CanonicalizeLevel
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline.transforms.compute import ComputeFields
from export_pipeline.transforms.custom import CustomTransform
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline.transforms.extract_metadata import ExtractMetadata
from export_pipeline.transforms.flatten_json import FlattenJson
from export_pipeline.transforms.normalize_address import NormalizeAddress
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.transforms.transform import Transform

_ALL: tuple[type[Transform], ...] = (
    StandardizeTimestamps,
    CanonicalizeLevel,
    CleanMessage,
    ExtractMetadata,
    FlattenJson,
    NormalizeAddress,
    EnrichContext,
    ComputeFields,
    CustomTransform,
)

TRANSFORMS: Mapping[str, type[Transform]] = MappingProxyType({transform.name: transform for transform in _ALL})
