"""Names of shapes: lists of them, one a line in the order of the HDF5 file beside the list."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from imnet.base.errors import UserError, say_once
from imnet.base.files import read_text, written_whole


def counted(count: int, one: str, several: str = "") -> str:
    """Return a count with its noun, whose plural is `several` or `one` with an s."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def write_names(path: Path, names: Iterable[str]) -> None:
    """Write a name list, whole or not at all; names are file names, of any bytes but line ends."""
    with written_whole(path) as beside:
        beside.write_bytes(b"".join(os.fsencode(name) + b"\n" for name in names))


def holds_line_end(name: str) -> bool:
    """Whether a name would take more than one line of a name list."""
    return "\n" in name or "\r" in name


def read_names(path: Path) -> list[str]:
    """Read a name list, without blank lines and without blanks behind the names.

    Raises UserError if it cannot be read or a name stands in it twice.
    """
    lines = re.split("\r\n?|\n", read_text(path))  # splitlines would split at more than line ends
    names = [line.rstrip() for line in lines if line.rstrip()]
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise UserError(f"{path}: {twice} stands in it more than once")
    return names


def names_of(path: Path, count: int) -> list[str]:
    """The names of the `count` shapes of the HDF5 file `path`, in its order.

    Without a list they are the shapes' numbers: 000000, 000001 ... See `listed_names`.
    """
    return listed_names(path, count) or [f"{index:06}" for index in range(count)]


def listed_names(path: Path, count: int) -> list[str] | None:
    """The names in the list of the HDF5 file `path`, which has `count` shapes; None without one.

    The list is FILE.txt or, as the HSP sampler writes it, obj_list.txt beside the file. Raises
    UserError if the list has another number of names; obj_list.txt is then another file's, and a
    note says so.
    """
    own, of_folder = path.with_suffix(".txt"), path.with_name("obj_list.txt")
    for beside in (own, of_folder):
        if not beside.is_file():
            continue
        names = read_names(beside)
        if len(names) == count:
            return names
        differ = f"{beside} has {len(names)} names, {path.name} {count} shapes"
        if beside == own:
            raise UserError(differ)
        say_once(f"{differ}: the shapes are numbered")
    return None
