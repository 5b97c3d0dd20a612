# PYTHON_ARGCOMPLETE_OK
"""Sample a folder of 64³ binvox shapes, or the voxels of a dataset, into a point-value dataset."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.surfaces.binvox import read_binvox
from imnet.surfaces.solid import fill_from_corners, fill_interior
from point_sampling.build import build_dataset
from point_sampling.sampler_flags import ExchangeFlags, SamplerFlags
from point_sampling.sources import DATASET, dataset_voxels, find_shapes, load_copy, state_of

OPEN_TO_BORDER = "open to the border of the grid, so left hollow; the original would fill it"


@dataclass(frozen=True, kw_only=True)
class Flags(ExchangeFlags, SamplerFlags):
    input: Path = option(
        REQUIRED, "folder of binvox files, searched recursively, or a dataset FILE.hdf5"
    )


def load(name: str, path: Path) -> np.ndarray:
    """Load the solid shape of a binvox file, or of this name in a dataset: bool [64, 64, 64]."""
    return load_with_remark(name, path)[0]


def load_with_remark(name: str, path: Path) -> tuple[np.ndarray, str | None]:
    """Load a shape as `load` does; remark on it where the original's rule gives another solid.

    The voxels of a dataset are solid already.
    """
    if path.suffix.lower() == DATASET:
        return dataset_voxels(name, path), None
    voxels = read_binvox(path)
    if voxels.shape != (VOXEL_RESOLUTION,) * 3:
        size = "x".join(map(str, voxels.shape))
        raise UserError(f"{path} is {size}: only 64x64x64 is taken (binvox -d 64 makes it)")
    solid = fill_interior(voxels)
    if not any(layers.any() for axis in range(3) for layers in _outermost(voxels, axis)):
        return solid, None  # what is empty at the border is one, and reaches all corners
    same = np.array_equal(solid, fill_interior(voxels, fill_from_corners))
    return solid, None if same else OPEN_TO_BORDER


def _outermost(voxels: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the two outermost layers at both ends of an axis: one each at half the resolution."""
    layers = np.moveaxis(voxels, axis, 0)
    return layers[:2], layers[-2:]


def main() -> int:
    options = parse_flags(Flags, __doc__)
    suffixes = [".binvox", DATASET]
    more = {"copies": options.augment, "exchanges": options.exchange}
    shapes = find_shapes(options.input, suffixes, **more, load=load_with_remark)
    return build_dataset(
        shapes,
        partial(load_copy, load_with_remark) if any(more.values()) else load_with_remark,
        options.output,
        seed=options.seed,
        workers=options.pool,
        improved=options.improved,
        settings={"source": "binvox"} | ({"of": state_of(shapes)} if options.exchange else {}),
    )


if __name__ == "__main__":
    run_program(main)
