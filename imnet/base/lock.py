"""One process at a time: at a file, in a folder, at a dataset."""

import errno
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from imnet.base.errors import UserError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

NAME = "training.lock"


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Wait until no other process is in such a block for the path, beside which a lock is made."""
    with open(path.with_name(f".{path.name}.lock"), "a+") as file:
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, the file NAME, which ends with the process however that ends.

    Nothing is locked on Windows, or on a file system without locks.

    Raises:
        UserError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / NAME, "a+") as file:
        if not _taken("flock", file):
            file.seek(0)
            raise UserError(
                f"{folder} is being trained by another process ({file.read().strip()}): "
                "wait until that has ended, or name another `checkpoint_dir`"
            )
        file.truncate(0)
        file.write(f"{platform.node()} {os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def only_builder(output: Path) -> Iterator[None]:
    """Hold a lock beside a file that is in the making, see `held`. UserError if another does."""
    lock = output.with_name(f".{output.name}.lock")
    with held(lock, f"{output} is being made by another process", "output"):
        yield


@contextmanager
def only_mesher(folder: Path) -> Iterator[None]:
    """Hold a lock in a folder of meshes or pictures, see `held`. UserError if another does."""
    with held(folder / ".lock", f"another process writes to {folder}", "sample_dir"):
        yield


@contextmanager
def held(path: Path, otherwise: str, argument: str) -> Iterator[None]:
    """Hold the lock file `path`, which ends with the process however that ends, and remove it.

    Processes that this one forks do not hold it: what is killed can be resumed at once.
    Nothing is locked on Windows, or on a file system without locks.

    Raises:
        UserError: another process holds it. It says `otherwise`, and which argument to change.
    """
    if fcntl is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with open(path, "a") as file:
            if not _taken("lockf", file):
                raise UserError(
                    f"{otherwise}: wait until that has ended, or name another `{argument}`"
                )
            if not _is_at(path, file):  # its holder has just removed it, another may be there
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_at(path: Path, file: TextIO) -> bool:
    """Whether an open file is the one that the path leads to now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _taken(kind: str, file: TextIO) -> bool:
    """Take a lock of fcntl's, "flock" or "lockf"; False if another process holds it."""
    if fcntl is not None:
        try:
            getattr(fcntl, kind)(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True
