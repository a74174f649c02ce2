"""The one place where the operating system's errors become the project's: full, refused, or not now.

Everything under `write/` that touches a file system runs inside `os_errors(...)`.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from export_pipeline.errors import DestinationError, DestinationUnavailableError, ExportError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""There is no room: free some, then run again."""

UNAVAILABLE: Final = frozenset(
    {
        *(errno.EIO, errno.EREMOTEIO, errno.ESTALE, errno.ETIMEDOUT, errno.ETIME, errno.EAGAIN, errno.EINTR),
        *(errno.EBUSY, errno.ETXTBSY, errno.EDEADLK, errno.ENOLCK, errno.ENOMEM, errno.ENOBUFS, errno.ENOSR),
        *(errno.EMFILE, errno.ENFILE, errno.EUSERS, errno.ECANCELED, errno.EINPROGRESS, errno.EALREADY),
        *(
            errno.ECONNREFUSED,
            errno.ECONNRESET,
            errno.ECONNABORTED,
            errno.ENOTCONN,
            errno.EPIPE,
            errno.ESHUTDOWN,
        ),
        *(
            errno.EHOSTDOWN,
            errno.EHOSTUNREACH,
            errno.ENETDOWN,
            errno.ENETRESET,
            errno.ENETUNREACH,
            errno.ENOLINK,
        ),
        *(errno.ECOMM, errno.EPROTO, errno.ERESTART, errno.ENOMEDIUM),
    }
)
"""Storage, its network or this machine is in trouble: a retry may help."""

_ADVICE: Final = {
    errno.EACCES: "give this account the right to write there",
    errno.EPERM: "give this account the right to write there",
    errno.EROFS: "it is mounted read-only: mount it writable, or choose another folder",
    errno.ENOTDIR: "a part of the path is a file: remove it, or choose another folder",
    errno.EISDIR: "a folder is where the file should be: remove it, or choose another name",
    errno.EEXIST: "a file is where a folder should be: remove it, or choose another folder",
    errno.ENOENT: "it is not there: if something removed it, keep that out of there and run again",
    errno.ENAMETOOLONG: "choose a shorter folder",
    errno.EXDEV: "the folder and its _staging must lie on one file system",
    errno.ELOOP: "its symbolic links go round in a circle: mend them",
    errno.EOPNOTSUPP: "this file system lacks flock or fsync: choose another one",
}


@contextmanager
def os_errors(doing: str, path: Path) -> Iterator[None]:
    """Turn an OSError of the block into ours; `doing` and `path` say what was being done, and where.

    Raises: DestinationUnavailableError where a retry may help, else DestinationError.
    """
    try:
        yield
    except OSError as exc:
        raise storage_error(exc, doing, path) from exc


def storage_error(exc: OSError, doing: str, path: Path) -> ExportError:
    """Return our error for the operating system's `exc`; every errno has one."""
    code = exc.errno or 0
    fact = f"{doing} {path}: {os.strerror(code)} ({errno.errorcode.get(code, code)})"
    if code in FULL:
        return DestinationError(f"{fact}; {_free_space(path)}: free some space or raise the quota, then run again")
    if code in UNAVAILABLE:
        return DestinationUnavailableError(f"{fact}; the storage may come back: run again later")
    return DestinationError(f"{fact}; {_ADVICE.get(code, 'mend the storage or choose another folder')}")


def _free_space(path: Path) -> str:
    """Say how many bytes are free at `path`, or at its nearest parent that can be seen."""
    place = next((place for place in (path, *path.parents) if os.access(place, os.F_OK)), Path("/"))
    stat = os.statvfs(place)
    return f"{stat.f_bavail * stat.f_frsize} bytes are free there"
