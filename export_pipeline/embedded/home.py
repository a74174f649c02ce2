"""The home folder of a private server: its files, its password, and where its data folder lies.

    home/                     ours, mode 0700 (as root 0710, so that the server's account can walk through)
      password                of the superuser `postgres`, mode 0600
      postgres.log            this start's log; `postgres.log.1` is the start before
      owner.lock              held as long as a process of the server lives (see `ownership`)
      server.json             port and process ids of the running server (see `ownership`)
      data/                   the cluster, or
      data.location           the path of the cluster, when the server's account cannot reach `home`

What is in the data folder: `cluster`. Only root ever needs `data.location`.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from export_pipeline.embedded.account import Account, account_of, can_enter, choose_account
from export_pipeline.errors import EmbeddedServerError

SHARED = Path("/var/lib/export-pipeline")  # root's alone: clusters and programs that an account must reach


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one home folder; `folder` is absolute."""

    folder: Path

    @property
    def password_file(self) -> Path:
        """Holds the superuser's password."""
        return self.folder / "password"

    @property
    def log(self) -> Path:
        """The server's log since its last start."""
        return self.folder / "postgres.log"

    @property
    def lock(self) -> Path:
        """Locked while a process of the server lives."""
        return self.folder / "owner.lock"

    @property
    def state(self) -> Path:
        """Describes the running server."""
        return self.folder / "server.json"

    @property
    def data_pointer(self) -> Path:
        """Names the data folder when that is not `home/data`."""
        return self.folder / "data.location"

    def read_password(self) -> str:
        """Return the superuser's password."""
        return self.password_file.read_text(encoding="ascii")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cluster lies or will lie, and the account that runs it (None: the present user)."""

    data: Path
    account: Account | None


def open_home(folder: Path) -> Home:
    """Return the home at `folder`, made when missing; the mode of a folder that exists is left alone."""
    home = Home(folder.expanduser().resolve())
    if not home.folder.exists():
        _create_folder(home.folder, choose_account())
    return home


def find_place(home: Home) -> Place:
    """Return where the cluster of `home` lies, or settle where it will; call it with the owner lock held."""
    data = home.folder / "data"
    if home.data_pointer.exists():
        data = Path(home.data_pointer.read_text(encoding="utf-8"))
    if data.exists():
        return Place(data, account_of(data))
    account = choose_account()
    if not can_enter(account, home.folder):
        data = _claim_shared_folder(home) / "data"
    return Place(data, account)


def ensure_password(home: Home, data: Path) -> None:
    """Make a missing password file. Raises: EmbeddedServerError when `data` was made with a lost one."""
    if home.password_file.exists():
        return
    if data.exists():
        raise EmbeddedServerError(
            f"{home.password_file} is missing, but {data} was made with it; restore the file, or delete "
            f"{data} to start with an empty server"
        )
    write_private(home.password_file, secrets.token_urlsafe(24))


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path`, for its owner only; a reader sees the old file or the new one, whole."""
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(part).replace(path)


def ensure_shared_folder() -> Path:
    """Return `SHARED`, made when missing, that every account can walk through and only root can change."""
    if not SHARED.exists():
        SHARED.mkdir(parents=True, exist_ok=True)
        SHARED.chmod(0o755)
    return SHARED


def _create_folder(folder: Path, account: Account | None) -> None:
    """Make `folder` under its final name only when its mode is right: another start may be looking."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # made with mode 0700
    if account:
        # Owned by root all the same: an account that owned it could lead root's writes elsewhere by a link.
        os.chown(fresh, -1, account.gid)
        fresh.chmod(0o710)
    try:
        fresh.rename(folder)
    except OSError:
        fresh.rmdir()
        if not folder.is_dir():  # otherwise another start made it first
            raise


def _claim_shared_folder(home: Home) -> Path:
    """Return an empty folder of this home's in `SHARED` and leave its path in `home.data_pointer`.

    What lies there already belongs to an earlier home of this path, deleted since, whose password is lost.
    """
    name = hashlib.sha256(bytes(home.folder)).hexdigest()[:16]
    folder = ensure_shared_folder() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    folder.chmod(0o711)
    write_private(home.data_pointer, str(folder / "data"))
    return folder
