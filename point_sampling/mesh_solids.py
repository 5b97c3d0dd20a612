"""The solids of mesh files."""

from pathlib import Path

import numpy as np

from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.reading import read_triangles
from imnet.surfaces.solid import max_pool
from imnet.surfaces.voxelize import own_frame, voxelize
from point_sampling.augmentation import draw_warp, warp_triangles
from point_sampling.variant_names import original_of


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
