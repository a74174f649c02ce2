"""What a manifest keeps of a transform: enough to see whether a partition was made by the same recipe."""

from dataclasses import asdict, is_dataclass

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.transform import Transform


def describe(transform: Transform) -> dict[str, object]:
    """Return name, version and parameters of `transform` as JSON values: a round trip changes none.

    Raises: ConfigError when the transform is no dataclass, so that its parameters cannot be seen.
    """
    if not is_dataclass(transform):
        raise ConfigError(
            f"transform {transform.name}: {type(transform).__name__} is no dataclass, so its parameters "
            "cannot be recorded; declare it with @dataclass(frozen=True, slots=True)."
        )
    return {"name": transform.name, "version": transform.version, "parameters": _to_json(asdict(transform))}


def _to_json(value: object) -> object:
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    return value
