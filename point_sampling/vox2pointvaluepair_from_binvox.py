"""Sample a folder of 64³ binvox shapes into a point-value dataset."""

from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, run_program
from point_sampling.binvox import read_binvox
from point_sampling.build import arguments, build_dataset, find_shapes
from point_sampling.solid import fill_interior


def load(name: str, path: Path) -> np.ndarray:
    """The solid shape of a binvox file: bool [64, 64, 64]."""
    voxels = read_binvox(path)
    if voxels.shape != (64, 64, 64):
        size = "x".join(map(str, voxels.shape))
        raise UserError(f"{path} is {size}: only 64x64x64 is taken (binvox -d 64 makes it)")
    return fill_interior(voxels)


def main() -> int:
    options = arguments(__doc__).parse_args()
    shapes = find_shapes(options.input, [".binvox"])
    return build_dataset(
        shapes,
        load,
        options.output,
        seed=options.seed,
        workers=options.workers,
        settings={"source": "binvox"},
    )


if __name__ == "__main__":
    run_program(main)
