"""The one place where our errors become Dagster's: a retry, or a stop with one message.

Run retries (a killed worker) are set in `dagster.yaml`; what is asked for again later is `due.py`.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dagster import Failure, RetryRequested

from export_pipeline.errors import PermanentError, TransientError

MAX_RETRIES: Final = 4
FIRST_DELAY_S = 2.0
_LONGEST_DELAY_S: Final = 60.0


@contextmanager
def retries_by_error_class(retry_number: int) -> Iterator[None]:
    """Turn a TransientError into a bounded retry with jitter, a PermanentError into a failure without one.

    `retry_number` retries were made before; behind the last one a TransientError is a failure too.
    """
    try:
        with permanent_failures():
            yield
    except TransientError as error:
        if retry_number >= MAX_RETRIES:
            raise Failure(f"{error} (given up after {retry_number + 1} attempts)", allow_retries=False) from error
        raise RetryRequested(MAX_RETRIES, delay_s(retry_number)) from error


@contextmanager
def permanent_failures() -> Iterator[None]:
    """Turn a PermanentError into a failure without retries."""
    try:
        yield
    except PermanentError as error:
        raise Failure(str(error), allow_retries=False) from error


def delay_s(retry_number: int) -> float:
    """Return how long to wait before retry `retry_number` + 1: doubling, capped, half of it random."""
    longest = min(_LONGEST_DELAY_S, FIRST_DELAY_S * 2.0**retry_number)
    return longest / 2 + random.uniform(0, longest / 2)  # noqa: S311 - jitter, no secret
