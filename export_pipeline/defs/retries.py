"""The one place where our errors become Dagster's: a retry, or a stop with one message.

Run retries are set in `dagster.yaml`: they begin a run again that was killed, or that ended by an error which nobody
has judged here (Dagster's storage was away). What is asked for again later is `due.py`.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from dagster import DagsterInstance, Failure, RetryRequested

from export_pipeline.errors import PermanentError, TransientError

MAX_RETRIES: Final = 4
FIRST_DELAY_S = 2.0
_LONGEST_DELAY_S: Final = 60.0
RUN_RETRIES_TAG: Final = "dagster/retry_on_asset_or_op_failure"


class Attempt(NamedTuple):
    """One execution of a step, behind `retries` others in the same run."""

    instance: DagsterInstance
    run_id: str
    retries: int = 0

    def failure(self, description: str) -> Failure:
        """Return a failure behind which neither the step nor the run is tried again."""
        self.instance.add_run_tags(self.run_id, {RUN_RETRIES_TAG: "false"})
        return Failure(description, allow_retries=False)


@contextmanager
def retries_by_error_class(attempt: Attempt) -> Iterator[None]:
    """Turn a TransientError into a bounded retry with jitter, a PermanentError into a failure without one.

    Behind the last retry a TransientError is a failure too.
    """
    try:
        yield
    except PermanentError as error:
        raise attempt.failure(str(error)) from error
    except TransientError as error:
        if attempt.retries >= MAX_RETRIES:
            raise attempt.failure(f"{error} (given up after {attempt.retries + 1} attempts)") from error
        raise RetryRequested(MAX_RETRIES, delay_s(attempt.retries)) from error


def delay_s(retry_number: int) -> float:
    """Return how long to wait before retry `retry_number` + 1: doubling, capped, half of it random."""
    longest = min(_LONGEST_DELAY_S, FIRST_DELAY_S * 2.0**retry_number)
    return longest / 2 + random.uniform(0, longest / 2)  # noqa: S311 - jitter, no secret
