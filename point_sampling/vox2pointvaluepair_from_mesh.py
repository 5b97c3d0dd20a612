"""Sample a folder of meshes (OBJ PLY STL OFF GLB glTF DAE), open ones too, into a dataset."""

from functools import partial
from pathlib import Path

import numpy as np

from imnet.base.errors import run_program
from point_sampling.binvox import write_binvox
from point_sampling.build import (
    add_axes,
    add_max_resolution,
    arguments,
    build_dataset,
    find_shapes,
    parse_signed,
)
from point_sampling.solid import max_pool
from point_sampling.voxelize import MESH_SUFFIXES, axes_to_shapenet, read_triangles, voxelize


def load(rotation: np.ndarray, binvox: Path | None, name: str, path: Path) -> np.ndarray:
    """The solid of a mesh file: bool [256, 256, 256]; also written as 64³ binvox if wanted."""
    triangles = read_triangles(path, str(path), path.suffix.lower()[1:])
    grid = voxelize(triangles @ rotation.T, str(path))
    if binvox is not None:
        write_binvox(binvox / f"{name}.binvox", max_pool(grid, 64))
    return grid


def main() -> int:
    parser = arguments(__doc__)
    add_max_resolution(parser)
    add_axes(parser)
    parser.add_argument("--binvox", type=Path, help="folder to write the 64³ grids to, as binvox")
    options = parse_signed(parser)
    rotation = axes_to_shapenet(options.up, options.front)
    shapes = find_shapes(options.input, MESH_SUFFIXES)
    return build_dataset(
        shapes,
        partial(load, rotation, options.binvox),
        options.output,
        seed=options.seed,
        workers=options.workers,
        max_resolution=options.max_resolution,
        settings={
            "source": "mesh",
            "up": options.up,
            "front": options.front,
            "binvox": str(options.binvox and options.binvox.absolute()),
        },
    )


if __name__ == "__main__":
    run_program(main)
