import errno
import os
from pathlib import Path

import pytest

from export_pipeline.errors import DestinationError, DestinationUnavailableError
from export_pipeline.write.os_errors import FULL, UNAVAILABLE, os_errors, storage_error

PLACE = Path("/data/logs")


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_errno_becomes_ours_and_says_what_where_next(code: int) -> None:
    error = storage_error(OSError(code, os.strerror(code)), "writing", PLACE)
    assert isinstance(error, DestinationUnavailableError if code in UNAVAILABLE else DestinationError)
    assert f"writing {PLACE}: {os.strerror(code)} ({errno.errorcode[code]}); " in str(error)


def test_full_and_unavailable_do_not_overlap() -> None:
    assert not FULL & UNAVAILABLE


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN])
def test_trouble_that_may_pass_is_worth_a_retry(code: int) -> None:
    with pytest.raises(DestinationUnavailableError), os_errors("reading", PLACE):
        raise OSError(code, os.strerror(code))


def test_a_full_disk_names_the_path_and_the_free_bytes(tmp_path: Path) -> None:
    missing = tmp_path / "not" / "there"
    with (
        pytest.raises(DestinationError, match=r"not/there.*\d+ bytes are free there") as caught,
        os_errors("writing", missing),
    ):
        raise OSError(errno.ENOSPC, "full")
    assert isinstance(caught.value.__cause__, OSError)


def test_free_space_is_said_of_a_path_that_cannot_be_looked_up() -> None:
    error = storage_error(OSError(errno.ENOSPC, "full"), "writing", Path("/" + "x" * 5000))
    assert "bytes are free there" in str(error)


def test_an_error_without_errno_is_ours_too() -> None:
    assert isinstance(storage_error(OSError("odd"), "writing", PLACE), DestinationError)


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(KeyError), os_errors("writing", PLACE):
        raise KeyError
