"""In which units mesh files are: as a flag says, or names.csv beside them, else by their boxes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.surfaces import Mesh, reading
from imnet.surfaces.mesh_list import Listed, read_mesh_list

GRIDS = (16, 32, 64, 128, 256, 512)  # whose array units a box tells
LOOKED_AT = 8  # meshes of a folder whose boxes are compared
LARGE = 3.0  # sides beyond this are not those of a unit cube's shape
ALIKE = 1e-3  # how near a box must be to a known one, in diagonals


@dataclass(frozen=True)
class Placed:
    """A mesh file, and what takes it to the unit frame.

    Attributes:
        path: of the file.
        grid: resolution of its array units; None if it is not in these.
        frame: [3, 4], from the unit frame to its units, see `own_frame`; None if it is there.
    """

    path: Path
    grid: int | None = None
    frame: np.ndarray | None = None

    def read(self) -> Mesh:
        """Read the mesh into the unit frame. UserError if it cannot be read."""
        mesh = Mesh(*reading.read_mesh(self.path), resolution=self.grid).in_unit_frame()
        if self.frame is None:
            return mesh
        moved = (mesh.vertices - self.frame[:, 3]) @ np.linalg.inv(self.frame[:, :3]).T
        return Mesh(moved, mesh.triangles)


def listed_in(files: Mapping[str, Path]) -> dict[Path, Listed]:
    """Return what names.csv beside the files says of them."""
    lists = {folder: read_mesh_list(folder) for folder in {path.parent for path in files.values()}}
    found = {path: lists[path.parent].get(path.name) for path in files.values()}
    return {path: one for path, one in found.items() if one is not None}


def place(
    files: Mapping[str, Path], frame: str | None, grid: int | None
) -> tuple[dict[str, Placed], list[str]]:
    """Find the units of a folder's files.

    Args:
        files: by name.
        frame: "array" or "unit" if a flag says so for all of them; None to find out.
        grid: resolution of array units that a flag gives; None to find out.

    Returns:
        The files as they are placed, and notes on how.

    Raises:
        UserError: they are in array units of a grid that nothing tells, or of several.
    """
    if frame is not None:
        return {n: Placed(p, grid if frame == "array" else None) for n, p in files.items()}, []
    listed = listed_in(files)
    others = [path for path in files.values() if path not in listed]
    by_box = _grid_of(others, grid)
    placed, counts = {}, Counter()
    for name, path in files.items():
        if path not in listed:
            placed[name] = Placed(path, by_box)
            counts[by_box and f"array units of {by_box}³, by their boxes"] += 1
            continue
        one = listed[path]
        own = one.units == "original"
        placed[name] = Placed(
            path, one.resolution if one.units == "array" else None, one.frame if own else None
        )
        of_array = one.units == "array" and f"array units of {one.resolution}³, by names.csv"
        counts["their original units, by names.csv" if own else of_array or None] += 1
    return placed, [f"{count} meshes in {what}" for what, count in counts.items() if what]


def place_truths(
    truths: Mapping[str, Path],
    predictions: Mapping[str, Path | None],
    frame: str | None,
    grid: int | None,
) -> tuple[dict[str, Placed], list[str]]:
    """Find the units of true meshes as `place` does, and of those that were sampled.

    A mesh that stands in the box which names.csv knows of its prediction's shape goes to the unit
    frame as the sampler moved it. `truths` and `predictions` are by the name of the true shape.
    """
    listed = {} if frame else listed_in({n: p for n, p in predictions.items() if p})
    sampled = {}
    for name, path in truths.items():
        one = listed.get(predictions.get(name))
        if one is not None and one.frame is not None and _stands_in(path, one.frame):
            sampled[name] = Placed(path, frame=one.frame)
    others = {name: path for name, path in truths.items() if name not in sampled}
    placed, notes = place(others, frame, grid)
    if sampled:
        notes.append(
            f"{len(sampled)} true meshes moved from their own units, axes and places to the unit "
            "frame, as the sampler moved them"
        )
    return {name: {**placed, **sampled}[name] for name in truths}, notes


def _stands_in(path: Path, frame: np.ndarray) -> bool:
    """Whether a mesh's box has the middle and the diagonal of a frame."""
    box = _box(path)
    if box is None:
        return False
    low, high = box
    diagonal = np.linalg.norm(frame[:, 0])
    off = np.linalg.norm((low + high) / 2 - frame[:, 3]), np.linalg.norm(high - low) - diagonal
    return bool(np.abs(off).max() <= ALIKE * diagonal)


def _box(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the lowest and highest coordinates of a mesh; None if it has none that are finite."""
    try:
        vertices, triangles = reading.read_mesh(path)
    except UserError:  # it is a failure, and said where it is compared
        return None
    used = vertices[np.unique(triangles)]
    if not len(used) or not np.isfinite(used).all():
        return None
    return used.min(axis=0), used.max(axis=0)


def _grid_of(paths: list[Path], given: int | None) -> int | None:
    """Return the grid whose array units the boxes of meshes show; None for other units.

    A shape in array units has coordinates from 0 to D + 1 about their middle, as no shape in a
    unit cube has.
    """
    boxes = [box for box in map(_box, paths[:LOOKED_AT]) if box is not None]
    positive = [(a, b) for a, b in boxes if a.min() >= 0 and (b - a).max() > LARGE]
    if not positive:
        return None
    if len(positive) < len(boxes):
        raise UserError(
            f"{paths[0].parent} holds meshes in array units and others: put them in folders of "
            "their own, or name the units with `pred_frame`"
        )
    if given is not None:
        return given
    middles = [(a + b) / 2 for a, b in boxes]
    top, middle = max(b.max() for _, b in boxes), np.mean(middles)
    for grid in GRIDS:
        if top <= grid + 1 and abs(middle - (grid + 1) / 2) <= grid / 8:
            return grid
    raise UserError(
        f"{paths[0]} and others have coordinates up to {top:g}: if these are array units, give "
        "`pred_frame` array and `resolution`, of the grid they were made on; else `pred_frame` unit"
    )
