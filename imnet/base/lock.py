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
                "wait until that has ended, or name another --checkpoint_dir"
            )
        file.truncate(0)
        file.write(f"{platform.node()} {os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def only_builder(output: Path) -> Iterator[None]:
    """Hold a lock beside a file that is in the making, as `only_writer` does.

    Processes that this one forks do not hold it: what is killed can be resumed at once.

    Raises:
        UserError: another process holds it.
    """
    if fcntl is None:
        yield
        return
    path = output.with_name(f".{output.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as file:
        if not _taken("lockf", file):
            raise UserError(
                f"{output} is being made by another process: wait until that has ended, or name "
                "another --output"
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _taken(kind: str, file: TextIO) -> bool:
    """Take a lock of fcntl's, "flock" or "lockf"; False if another process holds it."""
    if fcntl is not None:
        try:
            getattr(fcntl, kind)(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True
