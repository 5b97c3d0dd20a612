"""names.csv, beside mesh files: which shape each of them is, and in which units."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, say_once
from imnet.base.files import read_csv, write_csv

LIST_FILE = "names.csv"
COLUMNS = ["mesh", "number", "name", "units", "resolution", "frame"]
UNITS = ("array", "unit", "original")


@dataclass(frozen=True)
class Listed:
    """A mesh file of a program.

    Attributes:
        mesh: name of the file.
        number: of the shape, in its dataset or among the samples.
        name: of the shape; empty if it has none.
        units: "array", "unit", or "original", those of the mesh that the shape was sampled from.
        resolution: of the grid.
        frame: [3, 4], from the unit frame to the original units, see `own_frame`; or None.
    """

    mesh: str
    number: int
    name: str
    units: str
    resolution: int
    frame: np.ndarray | None = None


def read_mesh_list(folder: str | Path) -> dict[str, Listed]:
    """Read the list in a folder by the names of the files; nothing where it has none of ours.

    Raises:
        UserError: it is ours and damaged.
    """
    path = Path(folder) / LIST_FILE
    rows = [row for row in read_csv(path) if row] if path.is_file() else []
    if not rows or rows[0] != COLUMNS:
        return {}
    return {row[0]: _listed(row, path) for row in rows[1:]}


def write_mesh_list(folder: Path, listed: Iterable[Listed]) -> None:
    """Add files to the list in a folder, in place of older ones of their names.

    Files that are gone are left out. A names.csv of another kind is left as it is, with a note.
    """
    path, new = folder / LIST_FILE, {one.mesh: one for one in listed}
    if path.is_file() and (read_csv(path) or [[]])[0] != COLUMNS:
        say_once(f"{path} is none of ours and left as it is: the meshes' names are not written")
        return
    known = {**read_mesh_list(folder), **new}
    there = [one for name, one in known.items() if (folder / name).is_file()]
    if there or path.is_file():
        write_csv(path, COLUMNS, (_row(one) for one in there))


def _row(one: Listed) -> list[str | int]:
    frame = "" if one.frame is None else " ".join(repr(float(x)) for x in one.frame.ravel())
    return [one.mesh, one.number, one.name, one.units, one.resolution, frame]


def _listed(row: list[str], path: Path) -> Listed:
    try:
        mesh, number, name, units, resolution, frame = row + [""] * (len(COLUMNS) - len(row))
        numbers = [float(x) for x in frame.split()]
        own = np.reshape(numbers, (3, 4)) if numbers else None
        if units in UNITS and (own is None or np.isfinite(own).all()):
            return Listed(mesh, int(number), name, units, int(resolution), own)
    except ValueError:
        pass
    raise UserError(f"{path} is damaged in the line of {row[0]}: make the meshes again, or mend it")
