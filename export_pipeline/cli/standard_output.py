"""Our standard output, whose trouble ends a command with one message and an exit code.

Otherwise it would end with a traceback, with code 1 where a shell expects 141, or, at the interpreter's end, with 120.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, TextIO, cast

from export_pipeline.errors import DestinationError, ReaderGoneError


@contextmanager
def guarded_output() -> Iterator[None]:
    """Have everything that the block prints arrive. Raises: ReaderGoneError, DestinationError where it cannot."""
    if sys.stdout is None:
        yield
        return
    guarded = _Guarded(sys.stdout)
    with redirect_stdout(cast("TextIO", guarded)):
        try:
            yield
        finally:
            guarded.flush()


@contextmanager
def printing(fact: str) -> Iterator[TextIO]:
    """Give the standard output to results; where it does not take them, the error says what is a `fact` all the same.

    Raises: DestinationError, also where it is closed; ReaderGoneError.
    """
    if sys.stdout is None:
        raise DestinationError(f"the standard output is closed; {fact}")
    try:
        yield sys.stdout
        sys.stdout.flush()
    except DestinationError as error:
        raise DestinationError(f"{error}; {fact}") from error


class _Guarded:
    """The text stream, with errors of ours in the place of the system's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with self._errors():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._errors():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._discard()
            if isinstance(error, BrokenPipeError):
                raise ReaderGoneError("whoever read the standard output wants no more") from error
            raise DestinationError(f"writing standard output: {error.strerror}") from error

    def _discard(self) -> None:
        """Let what is still held go nowhere: the interpreter would try, and fail, once more."""
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
