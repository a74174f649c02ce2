"""Where settings are written: the environment, the file `.env`, a YAML file. Read here and nowhere else.

Only libpq's own variables, `PG…`, are looked at elsewhere, in `connection_rules.py`.

A layer is a nested mapping of raw values, and knows under which name each of them stands where. What the values may be
is not known here.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from export_pipeline.settings.env_file import UnreadableEnvFileError, read_env_file
from export_pipeline.settings.merging import Location, merge
from export_pipeline.settings.yaml_file import UnreadableYamlError, read_yaml

PREFIX: Final = "EXPORT_"
ENV_FILE: Final = ".env"


@dataclass(frozen=True, slots=True)
class Layer:
    """The settings of one place; `file` is None for the environment. `mistakes` are why parts of it were not read."""

    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    file: Path | None = None
    is_yaml: bool = False
    mistakes: tuple[str, ...] = ()

    def value(self, location: Location) -> object:
        """Return what is written here; None for what is not."""
        found: object = self.values
        for part in location:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def holds(self, location: Location) -> bool:
        """Whether the setting, or the mapping, is written here, if only as YAML's null."""
        parent = self.value(location[:-1])
        return isinstance(parent, Mapping) and location[-1] in parent

    def name(self, location: Location) -> str:
        """Return what the setting is called here, without the place."""
        return ".".join(location) if self.is_yaml else PREFIX + "__".join(part.upper() for part in location)

    def called(self, location: Location) -> str:
        """Return what the setting is called here, and in which file."""
        return f"{self.name(location)} in {self.file}" if self.file else self.name(location)


def read_layers(overrides: Mapping[str, object]) -> Sequence[Layer]:
    """Return the places in order of precedence: `overrides`, the environment, `.env`, the file in EXPORT_CONFIG."""
    above = [Layer(overrides), _variables(os.environ)]
    above.append(_placed(_env_layer(_first(above, "env_file")), ("env_file",)))
    config = _first(above, "config")
    return [*above, _placed(_yaml_layer(Path(str(config))), ("env_file", "config"))] if config else above


def merged(layers: Sequence[Layer]) -> tuple[dict[str, object], Sequence[str]]:
    """Return one mapping of all layers, and the mistakes of joining them; the first that has a setting decides."""
    whole: dict[str, object] = {}
    mistakes = []
    for number, layer in reversed(list(enumerate(layers))):
        for location in merge(whole, layer.values):
            hidden = next(below for below in layers[number + 1 :] if below.holds(location))
            mistakes.append(_hidden(hidden, location))
    return whole, mistakes


def _placed(layer: Layer, elsewhere: Sequence[str]) -> Layer:
    """Add a mistake for each setting that says where to find this very file, or one read before it."""
    late = [name for name in elsewhere if name in layer.values]
    said = (f"{layer.called((name,))} is read too late; set {PREFIX}{name.upper()} before it" for name in late)
    return replace(layer, mistakes=(*layer.mistakes, *said))


def _first(layers: Sequence[Layer], name: str) -> object:
    return next((layer.values[name] for layer in layers if name in layer.values), None)


def _hidden(layer: Layer, location: Location) -> str:
    text = (
        "it is no mapping (a JSON object, or indented YAML), but there are settings within it; mend it or leave it out"
    )
    return f"{layer.called(location)}: {text}"


def _env_layer(named: object) -> Layer:
    """Read the file that is named, which must be there, or else `.env`, which need not."""
    path = Path(str(named or ENV_FILE)).absolute()
    if named == "" or (named is None and not path.is_file()):  # a folder .env is somebody's Python environment
        return Layer()
    try:
        return _variables(read_env_file(path), path)
    except UnreadableEnvFileError as error:
        return Layer(file=path, mistakes=(str(error),))
    except (OSError, UnicodeDecodeError) as error:
        return Layer(file=path, mistakes=(f"{path} cannot be read: {_reason(error)}",))


def _yaml_layer(path: Path) -> Layer:
    path = path.absolute()
    try:
        return Layer(read_yaml(path), path, is_yaml=True)
    except UnreadableYamlError as error:
        return Layer(file=path, is_yaml=True, mistakes=(str(error),))
    except (OSError, UnicodeDecodeError) as error:
        return Layer(file=path, is_yaml=True, mistakes=(f"EXPORT_CONFIG: {path} cannot be read: {_reason(error)}",))


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error.strerror)


def _variables(variables: Mapping[str, str], file: Path | None = None) -> Layer:
    """Return `EXPORT_DATASETS__LOGS__TABLE=x` and its like as `{"datasets": {"logs": {"table": "x"}}}`."""
    whole: dict[str, object] = {}
    replaced: list[Location] = []
    for name in sorted(name for name in variables if name.startswith(PREFIX)):
        *parents, last = name.removeprefix(PREFIX).lower().split("__")
        value: object = variables[name]
        if [*parents, last][0] == "datasets":
            value = _json_object(variables[name])
        for part in (last, *reversed(parents)):
            value = {part: value}
        replaced += merge(whole, value)  # type: ignore[arg-type] # a mapping after the loop
    layer = Layer(whole, file)
    return replace(layer, mistakes=tuple(_hidden(layer, location) for location in replaced))


def _json_object(text: str) -> object:
    """Return what the JSON text holds, or the text itself: whether it should be JSON is not known here."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
