"""One process at a time in a folder."""

import errno
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    file.seek(0)
                    raise UserError(
                        f"{folder} is being trained by another process ({file.read().strip()}): "
                        "wait until that has ended, or name another --checkpoint_dir"
                    ) from error
        file.truncate(0)
        file.write(f"{platform.node()} {os.getpid()}\n")
        file.flush()
        yield
