"""Name lists: one shape's name a line, in the order of the HDF5 file they stand beside."""

import os
from collections.abc import Iterable
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.files import written_whole


def write_names(path: Path, names: Iterable[str]) -> None:
    """Write a name list, whole or not at all; names are file names, of any bytes."""
    with written_whole(path) as beside:
        beside.write_bytes(b"".join(os.fsencode(name) + b"\n" for name in names))


def read_names(path: Path) -> list[str]:
    """Read a name list. Raises UserError if it cannot be read or a name stands in it twice."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"the name list {path} cannot be read: {error.strerror}") from error
    names = [os.fsdecode(line) for line in content.splitlines() if line]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"{path}: {twice} stands in it more than once")
    return names


def names_of(path: Path, count: int) -> list[str]:
    """The names of the `count` shapes of the HDF5 file `path`, in its order.

    They stand in FILE.txt or, as the HSP sampler has it, obj_list.txt beside it; without either
    they are the shapes' numbers, 000000 and so on. Raises UserError for another number of names.
    """
    for beside in (path.with_suffix(".txt"), path.with_name("obj_list.txt")):
        if beside.is_file():
            names = read_names(beside)
            if len(names) != count:
                raise UserError(f"{beside} has {len(names)} names, {path.name} {count} shapes")
            return names
    return [f"{index:06}" for index in range(count)]
