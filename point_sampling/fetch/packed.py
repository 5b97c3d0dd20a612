"""A set of distinct generated shapes: a dataset of their voxels, and a list of all attempts."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from imnet.base.files import read_csv, write_csv
from imnet.base.names import write_names
from imnet.base.parallel import Workers
from imnet.data.hdf5 import new_hdf5
from imnet.data.sizes import VOXEL_RESOLUTION
from point_sampling.binvox_solids import load
from point_sampling.fetch.distinct import collect, twin_of
from point_sampling.parts import create_chunked
from point_sampling.sources import DATASET, find_shapes


def make_set(
    work: Callable[[str, int], None],
    folder: Path,
    kinds: list[str],
    factories: Mapping[str, str],
    *,
    count: int,
    seed: int,
    workers: Workers,
    distinct_from: Iterable[Path] = (),
) -> str:
    """Make shapes in `folder`, and FOLDER.hdf5, FOLDER.txt and FOLDER.csv; say what was made.

    Args:
        work: see `collect`, as for `kinds`, `count`, `seed` and `workers`.
        folder: of the binvox files; its name is that of the set.
        factories: of each kind, for the list.
        distinct_from: folders with datasets of the set's name, or datasets; what resembles their
            shapes is dropped too.
    """
    listed = folder.with_name(f"{folder.name}.csv")
    rows = read_csv(listed)[1:] if listed.exists() else []
    known = {}
    for place in distinct_from:
        file = place / f"{folder.name}{DATASET}" if place.is_dir() else place
        for shape, _ in find_shapes(file, [DATASET]):
            known[f"{shape} of {file.name}" if shape in known else shape] = load(shape, file)
    tried = collect(
        work,
        folder,
        kinds,
        {row[0]: row[3] for row in rows if len(row) == 4 and twin_of(row[3])},
        count=count,
        seed=seed,
        workers=workers,
        known=known,
    )
    made = {shape: factories[shape.rsplit("_", 1)[0]] for shape in tried}
    lines = [(shape, made[shape], number, reason) for shape, (number, reason) in tried.items()]
    write_csv(listed, ["id", "factory", "seed", "dropped"], lines)
    kept = sorted(shape for shape, (_, reason) in tried.items() if not reason)
    write_packed(folder.with_name(f"{folder.name}{DATASET}"), folder, kept)
    for shape in tried.keys() - set(kept):
        (folder / f"{shape}.binvox").unlink(missing_ok=True)
    return f"{folder}: {len(kept)} shapes, {len(tried) - len(kept)} dropped"


def write_packed(path: Path, folder: Path, names: list[str]) -> None:
    """Write the grids of `folder` to a dataset that has voxels only, and its name list."""
    with new_hdf5(path) as file:
        shape = (*[VOXEL_RESOLUTION] * 3, 1)
        voxels = create_chunked(file, "voxels", len(names), shape, np.uint8)
        for row, name in enumerate(names):
            voxels[row] = load(name, folder / f"{name}.binvox")[..., None]
    write_names(path.with_suffix(".txt"), names)
