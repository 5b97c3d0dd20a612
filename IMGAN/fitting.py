"""Codes fitted to voxels: better ones than the encoder's, with the decoder as it is."""

import numpy as np
import scipy

from imnet.base.errors import UserError
from imnet.base.progress import progress
from imnet.data.lattice import cell_centres
from imnet.data.rows import Rows
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.fitting import fit_codes

POINTS, STEPS = 16384, 48  # of a fit, by the table in supplementary_material/fitting.md
COARSE = 4, 3  # the first third of the steps takes a quarter of the points
NEAR = 2  # voxels from the surface; half of the points are so near
TOGETHER = 8  # shapes that are fitted at once


def observe(
    voxels: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Choose cell centres of voxels [64, 64, 64], half of them near the surface.

    Returns their points [count, 3] float32 in [-1, 1], and values [count] float32, 0 or 1.
    """
    inside = voxels.reshape((VOXEL_RESOLUTION,) * 3) != 0
    grown = scipy.ndimage.binary_dilation(inside, iterations=NEAR)
    is_near = (grown & ~scipy.ndimage.binary_erosion(inside, iterations=NEAR)).ravel()
    near, far = np.flatnonzero(is_near), np.flatnonzero(~is_near)
    halves = [part for part in (near, far) if len(part)]  # an empty grid has none that are near
    sizes = [count // 2, count - count // 2] if len(halves) == 2 else [count]
    chosen = np.concatenate(
        [rng.choice(part, n, replace=n > len(part)) for part, n in zip(halves, sizes, strict=True)]
    )
    return cell_centres(VOXEL_RESOLUTION)[chosen], inside.ravel()[chosen].astype(np.float32)


def fit_voxels(
    decoder: ImplicitDecoder,
    voxels: Rows,
    start: np.ndarray,
    points: int = POINTS,
    steps: int = STEPS,
    seed: int = 0,
) -> np.ndarray:
    """Fit codes [n, z_dim] to voxels [n, 64, 64, 64, 1] from codes to start with [n, z_dim].

    Args:
        decoder: of the codes; it stays as it is.
        voxels: of n shapes, 0 or 1.
        start: the encoder's codes, say.
        points: whose values are compared, for each shape; in the first steps fewer.
        steps: of the least squares, at most.
        seed: decides the points, with the shape's number.

    Raises:
        UserError: there are not as many codes as shapes.
    """
    if len(voxels) != len(start):
        raise UserError(f"`start` has {len(start)} codes for {len(voxels)} shapes")
    codes = np.array(start, np.float32)
    few, first_steps = max(points // COARSE[0], 1), steps // COARSE[1]
    stages = ((few, first_steps), (points, steps - first_steps))
    with progress(doing="fitting", unit="shape", total=len(codes), delay=2) as bar:
        for first in range(0, len(codes), TOGETHER):
            some = slice(first, first + TOGETHER)
            grids, numbers = voxels[some], range(len(codes))[some]
            rngs = [np.random.default_rng((seed, number)) for number in numbers]
            for count, most in stages:
                seen = [observe(grid, count, rng) for grid, rng in zip(grids, rngs, strict=True)]
                known = (np.stack(arrays) for arrays in zip(*seen, strict=True))
                codes[some] = fit_codes(decoder, *known, codes[some], steps=most).codes
            bar.update(len(numbers))
    return codes
