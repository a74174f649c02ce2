"""Collects every mistake of a request, so that people hear of all of them at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from export_pipeline.errors import ConfigError


class Mistakes:
    """The mistakes found so far, a line each: the field, what is wrong with its value, what is allowed."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._unreadable: set[str] = set()

    def add(self, field: str, problem: object) -> None:
        """Note a mistake in `field`; the same one is noted once."""
        line = f"{field}: {problem}"
        if field not in self._unreadable and line not in self._found:
            self._found.append(line)

    def has(self, *fields: str) -> bool:
        """Whether a mistake is noted in any of `fields`."""
        return any(line.startswith(tuple(f"{field}:" for field in fields)) for line in self._found)

    def close(self, field: str) -> None:
        """Note nothing more in `field`: its value could not be read, so whatever else is missed there is no mistake."""
        self._unreadable.add(field)

    @contextmanager
    def noted(self, field: str) -> Iterator[None]:
        """Note a ConfigError of the block as a mistake in `field`, and go on behind it."""
        try:
            yield
        except ConfigError as error:
            self.add(field, error)

    def raise_any(self) -> None:
        """Raise ConfigError with all of them, if there are any."""
        if self._found:
            raise ConfigError("\n".join(["the export cannot be made:", *(f"  {line}" for line in self._found)]))
