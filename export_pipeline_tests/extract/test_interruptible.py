"""Interrupts while the driver works: heard at once, and the server's work ends with them."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from export_pipeline.extract.interruptible import interruptibly
from export_pipeline.extract.names import TableName
from export_pipeline.extract.snapshot import open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline_tests.conftest import RunSql

SLEEPING = "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and datname = current_database()"


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def interrupted_soon(request: pytest.FixtureRequest) -> Iterator[None]:
    """Send this process a signal that means Ctrl-C half a second from now."""
    before = signal.signal(request.param, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), request.param))
    timer.start()
    yield
    timer.join()
    signal.signal(request.param, before)


@pytest.mark.usefixtures("interrupted_soon")
def test_a_long_query_ends_with_the_interrupt_and_is_no_error_of_the_source(empty_source_url: str, sql: RunSql) -> None:
    begun = time.monotonic()
    with (
        pytest.raises(KeyboardInterrupt),
        open_snapshot(Source(empty_source_url), [(TableName("devices"), "id")], "devices") as snapshot,
    ):
        snapshot.rows("select pg_sleep(60)::text")
    assert time.monotonic() - begun < 10
    assert sql(empty_source_url, SLEEPING) == [(0,)]


def test_a_result_and_an_error_come_through_as_they_are() -> None:
    assert interruptibly(lambda: 7, lambda: None) == 7
    with pytest.raises(ZeroDivisionError):
        interruptibly(lambda: 1 / 0, lambda: None)
