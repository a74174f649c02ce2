"""The operating system account that the private server runs as, and running a command as that account.

PostgreSQL refuses to run as root. An ordinary user runs it as himself; root hands it to an account that
exists already and has no rights of its own. Nothing here creates accounts or changes the mode of a folder.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from export_pipeline.errors import EmbeddedServerError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account: `uid` and `gid` to run as, `name` for messages."""

    uid: int
    gid: int
    name: str


def choose_account() -> Account | None:
    """Return the account for a new data folder; None: run as the present user.

    Raises: EmbeddedServerError when root has no unprivileged account to hand the server to.
    """
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root and none of the accounts {', '.join(_CANDIDATES)} exists; "
        "create one of them or run as an ordinary user"
    )


def account_of(data: Path) -> Account | None:
    """Return the account that made the data folder `data`; None: run as the present user.

    A server only runs as the owner of its data, which need not be today's choice: a package may have brought
    the account `postgres` after the data was made as `nobody`.
    """
    owner = data.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return choose_account()
    return Account(owner.st_uid, owner.st_gid, f"uid {owner.st_uid}")


def run_as(
    account: Account | None, command: Sequence[str | Path], *, keep_fds: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `command` as `account` from `/` with a bare environment; `keep_fds` stay open in it.

    Returns: the finished process with its output; the caller judges the exit code, 127 when it may not even
    start.
    """
    try:
        return subprocess.run(  # noqa: S603 - fixed commands over our own paths, no shell text
            command,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=bare_environment(),
            pass_fds=keep_fds,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except PermissionError as exc:
        return subprocess.CompletedProcess(command, 127, "", str(exc))


def can_enter(account: Account | None, folder: Path) -> bool:
    """Tell whether `account` can reach `folder`; asked by trying, since modes alone do not know of ACLs."""
    return run_as(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0


def bare_environment() -> dict[str, str]:
    """Return the environment of every server process: no PG* variable, no secret of the owner's."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
