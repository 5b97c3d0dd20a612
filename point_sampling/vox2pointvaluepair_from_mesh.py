# PYTHON_ARGCOMPLETE_OK
"""Sample a folder of meshes (OBJ PLY STL OFF GLB glTF DAE), open ones too, into a dataset."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from imnet.base.errors import run_program
from imnet.base.flags import option, parse_flags
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.reading import MESH_SUFFIXES, contradictions, read_triangles
from imnet.surfaces.solid import max_pool
from imnet.surfaces.voxelize import axes_to_shapenet, own_frame, voxelize
from point_sampling.augmentation import draw_warp, original_of, warp_triangles
from point_sampling.build import build_dataset
from point_sampling.sampler_flags import AxesFlags, FineSamplerFlags
from point_sampling.sources import find_shapes


@dataclass(frozen=True, kw_only=True)
class Flags(AxesFlags, FineSamplerFlags):
    binvox: Path | None = option(None, "folder to write the 64³ grids to, as binvox")


def load(
    rotation: np.ndarray, binvox: Path | None, name: str, path: Path, *, copies: bool = False
) -> tuple[np.ndarray, None, np.ndarray]:
    """Load the solid of a mesh file, bool [256, 256, 256], no remark, and its `own_frame` [3, 4].

    `rotation` [3, 3] turns the mesh to ShapeNet's axes; `binvox` is a folder to write the 64³ grid
    to. With `copies`, the name may be that of a warped copy.
    """
    triangles = read_triangles(path) @ rotation.T
    if copies and original_of(name) != name:
        triangles = warp_triangles(triangles, draw_warp(name), str(path))
    frame = own_frame(triangles, rotation, str(path))
    grid = voxelize(triangles, str(path))
    if binvox is not None:
        write_binvox(binvox / f"{name}.binvox", max_pool(grid, 64))
    return grid, None, frame


def main() -> int:
    options = parse_flags(Flags, __doc__)
    rotation = axes_to_shapenet(options.up, options.front)
    shapes = find_shapes(options.input, MESH_SUFFIXES, options.augment)
    for line in contradictions((path for _, path in shapes), options.up):
        print(f"note: {line}", file=sys.stderr)
    return build_dataset(
        shapes,
        partial(load, rotation, options.binvox, copies=options.augment > 0),
        options.output,
        seed=options.seed,
        workers=options.pool,
        improved=options.improved,
        max_resolution=options.max_resolution,
        framed=True,
        settings={
            "source": "mesh",
            "up": options.up,
            "front": options.front,
            "binvox": str(options.binvox and options.binvox.absolute()),
        },
    )


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
