"""Whole files or none: everything is written beside its final name and renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imnet.base.errors import UserError


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it to `path` if the block succeeds.

    If it fails, nothing is left. The temporary name keeps the suffix of `path`, because many
    writers choose the format by it. The folder is made if it is missing; a link is followed.

    Raises:
        UserError: `path` is a folder, a device or another thing that is no file.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is no ordinary file: name another to write to")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
