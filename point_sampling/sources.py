"""Where shapes come from: the files of a folder or a dataset, and what is made of them."""

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, say_once
from imnet.base.files import files_below
from imnet.base.names import names_of
from imnet.data.sizes import VOXEL_RESOLUTION
from point_sampling.augmentation import draw_warp, warp_grid
from point_sampling.exchange import exchange, exchanged_names
from point_sampling.variant_names import check_unmarked, originals_of, with_copies

DATASET = ".hdf5"
OTHER_MESHES = (  # files of which a folder of meshes says that they are not read
    *(".fbx", ".3mf", ".usd", ".usda", ".usdc", ".usdz", ".blend", ".3ds", ".max", ".c4d", ".lwo"),
    *(".wrl", ".x3d", ".step", ".stp", ".iges", ".igs", ".vtk", ".vtp", ".abc", ".gz", ".zip"),
)

Load = Callable[[str, Path], tuple]  # name, path → grid, remark or None, and a mesh's `own_frame`


def find_shapes(
    place: Path,
    suffixes: Iterable[str],
    copies: int = 0,
    exchanges: int = 0,
    load: Load | None = None,
) -> list[tuple[str, Path]]:
    """Find the shapes of a folder or, if .hdf5 is among `suffixes`, of a dataset; and copies.

    Args:
        place: a folder, which is searched recursively, or the dataset's file.
        suffixes: of the files of a folder, lower case.
        copies: of each shape, which are added to the shapes.
        exchanges: shapes with the upper part of each shape, which are added too (exchange.py).
        load: gives their grids.

    Returns:
        (name, path) of each, sorted by name. The name of a file is its path below the folder
        without the suffix, and without blanks at the end, which name lists do not keep. See
        `files_below` for what is left out. A dataset's shapes have the names of its list.

    Raises:
        UserError: there is none, or the dataset cannot be read.
    """
    suffixes = list(suffixes)
    if place.is_file() and DATASET in suffixes:
        suffix = place.suffix.lower()
        if suffix not in suffixes:
            rows_by_name(place)  # which says what it is
        if suffix != DATASET:
            raise UserError(f"--input {place}: give a folder, or a dataset FILE{DATASET}")
        names = list(rows_by_name(place))
        if names:
            dataset_voxels(names[0], place)  # what is odd about it is said before the work
        found = [(name, place) for name in names]
    else:
        suffixes = [suffix for suffix in suffixes if suffix != DATASET]
        if place.is_file():
            raise UserError(f"--input {place}: is a file: name its folder, {place.parent}")
        if not place.is_dir():
            raise UserError(f"--input {place}: no such folder")
        found = [
            (path.relative_to(place).with_suffix("").as_posix().rstrip(), path)
            for path in files_below(place, suffixes)
        ]
        others = files_below(place, OTHER_MESHES) if ".obj" in suffixes else []
        if not found:
            which = f"; {others[0].name} is of a kind that is not read" if others else ""
            raise UserError(f"--input {place}: no {' '.join(suffixes)} file in it or below{which}")
        if others:
            more = f" and {len(others) - 5} others" if len(others) > 5 else ""
            names = ", ".join(str(path.relative_to(place)) for path in others[:5])
            say_once(f"{place} also holds meshes of kinds that are not read: {names}{more}")
    more = with_exchanges(found, exchanges, load) if exchanges else []
    return sorted(with_copies(found, copies) + more)


def with_exchanges(
    shapes: list[tuple[str, Path]], count: int, load: Load
) -> list[tuple[str, Path]]:
    """Return (name, path) of `count` shapes for each as the upper of two; path is the upper's.

    Raises UserError if the name of a shape looks like that of a copy or of one made of two.
    """
    check_unmarked(shapes, "--exchange")
    paths, grids = dict(shapes), {}
    for name, path in shapes:
        with suppress(UserError):  # who builds the dataset says what is bad about it
            grids[name] = load(name, path)[0]
    pairs = {name: originals_of(name) for name in exchanged_names(grids, count)}
    for upper, lower in pairs.values():
        if _beside(paths[upper], upper, lower) != paths[lower]:
            raise UserError(f"--exchange: give {paths[lower]} the suffix of {paths[upper]}")
    return [(name, paths[upper]) for name, (upper, _) in pairs.items()]


def _beside(path: Path, name: str, other: str) -> Path:
    """Return the path of another shape of the folder or dataset that has `name` in `path`."""
    if path.suffix.lower() == DATASET:
        return path
    return path.parents[name.count("/")] / f"{other}{path.suffix}"


def state_of(shapes: list[tuple[str, Path]]) -> str:
    """Return a digest of the shapes' files: shapes made of two are made again if it changes."""
    stats = [(str(path), path.stat()) for path in sorted({path for _, path in shapes})]
    lines = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return hashlib.sha256(os.fsencode("\n".join(lines))).hexdigest()


def dataset_voxels(name: str, path: Path) -> np.ndarray:
    """Read the grid bool [64, 64, 64] of the shape of this name in a dataset."""
    # here, because the samplers of files need no h5py, which is slow
    from imnet.data.checks import as_occupancy
    from imnet.data.hdf5 import open_hdf5, read_rows

    with open_hdf5(path) as file:
        voxels = read_rows(file["voxels"], rows_by_name(path)[name])
    return as_occupancy(voxels[..., 0], f"{path}: voxels") > 0


def rows_by_name(path: Path) -> dict[str, int]:
    """Return the row of each shape of a dataset by its name, in the order of the rows."""
    status = path.stat()
    return _rows(path.resolve(), status.st_size, status.st_mtime_ns)


@cache
def _rows(path: Path, _size: int, _time: int) -> dict[str, int]:
    """`rows_by_name`, by size and time too: a cluster's worker may see the file made again."""
    from imnet.data.hdf5 import find_array, open_hdf5

    with open_hdf5(path) as file:
        count = len(find_array(file, "voxels", (None, *[VOXEL_RESOLUTION] * 3, 1)))
    return {name: row for row, name in enumerate(names_of(path, count))}


def load_copy(load: Load, name: str, path: Path) -> tuple[np.ndarray, str | None]:
    """Load the grid and the remark of a shape, of a copy, or of one made of two, as named."""
    original, *lower = originals_of(name)
    grid, remark = load(original, path)
    if lower:
        grid = exchange(grid, load(lower[0], _beside(path, original, lower[0]))[0], name)
    elif original != name and grid.any():
        grid = warp_grid(grid, draw_warp(name))
    return grid, remark
