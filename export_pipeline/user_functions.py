"""Functions of the user's own, by `module:function`: found, and checked before anything runs.

What kind of value a function takes is the annotation of its first argument. Who calls them: `transforms/custom.py`
with batches of rows, `schemas/user_checks.py` with columns.
"""

import hashlib
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from export_pipeline.errors import ConfigError

_MESSAGE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function, the type that its first argument is annotated with, and a digest of the file it is written in."""

    path: str
    call: Callable[..., Any]  # Any: what the user declares
    takes: object
    source_sha256: str

    def accept(self, parameters: Mapping[str, object]) -> None:
        """Raise ConfigError unless it can be called with one value and these keyword arguments."""
        try:
            inspect.signature(self.call).bind(None, **parameters)
        except TypeError as error:
            raise ConfigError(f"{self.path} cannot be called with one value and {dict(parameters)}: {error}") from None


@cache
def find_function(path: str, example: str) -> UserFunction:
    """Return the function of `module:function`; `example` shows one as it should be.

    Raises: ConfigError for a module or a function that is not there or fails, and one without annotations.
    """
    module_name, colon, name = path.partition(":")
    if not colon or not module_name or not name:
        raise ConfigError(f"{path!r} is no function; write module:function, for example mine:clean")
    module = _module(module_name, path)
    call = getattr(module, name, None)
    if call is None:
        known = ", ".join(key for key, value in vars(module).items() if inspect.isfunction(value)) or "none"
        raise ConfigError(f"{path}: there is no {name} in {module.__file__}; its functions are: {known}")
    if not callable(call):
        raise ConfigError(f"{path} in {module.__file__} is no function; for example {example}; see docs/custom.md")
    return UserFunction(path, call, _first_annotation(call, path, example), _digest(module))


def failure_of(path: str, error: BaseException) -> str:
    """Return what a user's function failed with: type, message (cut), file and line of the last of their own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    # The first frame is our call; libraries lie below site-packages, where nobody looks for their own mistake.
    own = [frame for frame in frames[1:] if "site-packages" not in frame.filename] or frames[-1:]
    place = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    said = " ".join(str(error).split("\n\nThis error occurred")[0].split())[:_MESSAGE_CHARACTERS]
    return f"{path} failed: {type(error).__name__}: {said}{place}"


def _module(name: str, path: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            raise ConfigError(
                f"{path}: there is no module {error.name}; looked in {', '.join(entry or '.' for entry in sys.path)}. "
                f"Install it beside the project, or name its folder in PYTHONPATH; for example {Path.cwd()}"
            ) from None
        raise ConfigError(f"{path}: its module needs {error.name}, which is not installed") from None
    except Exception as error:  # noqa: BLE001 - whatever a user's module does when it is imported
        raise ConfigError(f"{path}: its module cannot be imported: {failure_of(name, error)}") from None


def _first_annotation(call: Callable[..., Any], path: str, example: str) -> object:
    try:
        first = next(iter(inspect.signature(call).parameters), None)
        hints = get_type_hints(call)
    except (NameError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{path}: its annotations cannot be read: {error}; for example {example}; see docs/custom.md"
        ) from None
    if first is None or first not in hints:
        raise ConfigError(f"{path}: its first argument has no annotation; for example {example}; see docs/custom.md")
    return hints[first]


def _digest(module: ModuleType) -> str:
    """Digest the whole file: what a function does may change with any other that is beside it."""
    file = getattr(module, "__file__", None)
    if file is None or not Path(file).is_file():
        raise ConfigError(f"{module.__name__} is no file, so that a change of it could not be seen; write it to one")
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
