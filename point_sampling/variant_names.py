"""The names of variants, warped copies and shapes made of two: what they are made of."""

import re
from pathlib import Path

from imnet.base.errors import UserError

_MARK = re.compile(r"(.+)~[1-9][0-9]*")
ON = "~on~"  # in the names of shapes made of two, see exchange.py


def original_of(name: str) -> str:
    """Return the shape that a copy is made of; the name itself if it is no copy's."""
    mark = _MARK.fullmatch(name)
    return mark[1] if mark else name


def originals_of(name: str) -> list[str]:
    """Return the shapes that a copy, or one with exchanged parts, is made of; else the name."""
    return original_of(name).split(ON)


def lineage_of(name: str) -> set[str]:
    """Return the name and those of all shapes that it is made of, at any distance."""
    return {name}.union(*(lineage_of(n) for n in originals_of(name) if n != name))


def check_unmarked(shapes: list[tuple[str, Path]], flag: str) -> None:
    """Raise UserError if the name of a shape looks like that of a copy, or of one made of two."""
    for name, path in shapes:
        if originals_of(name) != [name]:
            raise UserError(
                f"{flag}: {name} in {path} is named like a warped copy already: rename it"
            )


def with_copies(shapes: list[tuple[str, Path]], count: int) -> list[tuple[str, Path]]:
    """Add `count` copies of each shape to (name, path) of some shapes.

    Raises UserError as `check_unmarked` does.
    """
    if count:
        check_unmarked(shapes, "--augment")
    copies = [(f"{name}~{k}", path) for name, path in shapes for k in range(1, count + 1)]
    return shapes + copies
