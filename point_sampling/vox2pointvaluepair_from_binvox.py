"""Sample a folder of 64³ binvox shapes into a point-value dataset."""

from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.flags import parse_flags
from imnet.data.sizes import VOXEL_RESOLUTION
from point_sampling.binvox import read_binvox
from point_sampling.build import build_dataset, find_shapes
from point_sampling.flags import SamplerFlags
from point_sampling.solid import fill_from_corners, fill_interior

OPEN_TO_BORDER = "open to the border of the grid, so left hollow; the original would fill it"


def load(name: str, path: Path) -> np.ndarray:
    """Load the solid shape of a binvox file: bool [64, 64, 64]."""
    return load_with_remark(name, path)[0]


def load_with_remark(name: str, path: Path) -> tuple[np.ndarray, str | None]:
    """Load a shape as `load` does; remark on it where the original's rule gives another solid."""
    voxels = read_binvox(path)
    if voxels.shape != (VOXEL_RESOLUTION,) * 3:
        size = "x".join(map(str, voxels.shape))
        raise UserError(f"{path} is {size}: only 64x64x64 is taken (binvox -d 64 makes it)")
    solid = fill_interior(voxels)
    same = np.array_equal(solid, fill_interior(voxels, fill_from_corners))
    return solid, None if same else OPEN_TO_BORDER


def main() -> int:
    options = parse_flags(SamplerFlags, __doc__)
    shapes = find_shapes(options.input, [".binvox"])
    return build_dataset(
        shapes,
        load_with_remark,
        options.output,
        seed=options.seed,
        workers=options.workers,
        improved=options.improved,
        settings={"source": "binvox"},
    )


if __name__ == "__main__":
    run_program(main)
