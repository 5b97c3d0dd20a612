"""What is odd about a shape before it is learned: its voxels at three resolutions, and words."""

import numpy as np
import scipy

from imnet.surfaces import Mesh, marching_cubes
from imnet.surfaces.occupancy import mesh_occupancy, surface_condition
from imnet.surfaces.solid import max_pool

SHOWN = (64, 32, 16)  # resolutions of the stages
THIN = 0.3  # share of the voxels in parts of one voxel
SOLID = 0.85  # share of the voxels' box
FILLED = 0.02  # share of the voxels outside their mesh
SEEN = 0.5  # share of the voxels next to the surface that the stored points are of
_CUBE = np.ones((2, 2, 2), bool)
_AROUND = np.ones((3, 3, 3), bool)


def oddities(voxels: np.ndarray, seen: float | None, mesh: Mesh | None) -> list[str]:
    """Say in words what may be wrong with a shape.

    Args:
        voxels: bool [64, 64, 64].
        seen: share of the voxels next to the surface that are among the stored points at 64³; None
            if there are no such points.
        mesh: what was sampled, in the unit frame, if it is known.
    """
    found = []
    parts = scipy.ndimage.label(voxels, _AROUND)[1]
    if parts > 1:
        found.append(f"{parts} parts that do not touch at 64³")
    thin = 1 - scipy.ndimage.binary_opening(voxels, _CUBE).sum() / voxels.sum()
    if thin > THIN:
        found.append(f"{thin:.0%} of it is one voxel thick at 64³: thin parts are learned last")
    low, high = (f(np.argwhere(voxels), axis=0) for f in (np.min, np.max))
    box = np.prod(high - low + 1)
    if voxels.sum() > SOLID * box:
        found.append(f"its box is {voxels.sum() / box:.0%} solid: should it be hollow?")
    outside = scipy.ndimage.label(np.pad(~voxels, 1, constant_values=True))[0]
    hollow = (outside[1:-1, 1:-1, 1:-1] != outside[0, 0, 0]) & ~voxels
    if hollow.any():
        found.append(f"a closed hollow of {hollow.sum()} voxels inside")
    through = _holes(voxels)
    for resolution in SHOWN[1:]:
        if (left := _holes(max_pool(voxels, resolution))) < through:
            found.append(
                f"{through - left} of {through} holes are narrower than a voxel at {resolution}³ "
                "and closed at it"
            )
            break
    if seen is not None and seen < SEEN:
        found.append(
            f"its surface is so large that the stored points are {seen:.0%} of the voxels next to "
            "it: train with --from_voxels, or it comes out too thick"
        )
    if mesh is not None:
        condition = surface_condition(*mesh)
        if condition == "open":
            found.append("the mesh is open: what its surface encloses at 64³ was filled")
        else:
            inside = mesh_occupancy(*mesh, 64)
            around = scipy.ndimage.binary_dilation(inside, _AROUND, 2)
            more = (voxels & ~around).sum() / voxels.sum()
            if more > FILLED:
                found.append(f"a hole was filled: {more:.0%} of the voxels are outside the mesh")
    return found


def _holes(voxels: np.ndarray) -> int:
    """Return how many holes go through voxels [R]³: parts + hollows - Euler's number."""
    padded = np.pad(voxels, 1)
    parts, hollows = scipy.ndimage.label(padded, _AROUND)[1], scipy.ndimage.label(~padded)[1] - 1
    return parts + hollows - _euler(padded)


def _euler(solid: np.ndarray) -> int:
    """Return Euler's number of a union of closed voxels: corners - edges + faces - cubes."""
    total = 0
    for axes in range(8):  # the axes along which a cell is a point, not an interval
        cells = solid
        for axis in range(3):
            if axes >> axis & 1:
                before = np.roll(cells, 1, axis)
                cells = cells | before
        total += (-1) ** (3 - bin(axes).count("1")) * int(cells.sum())
    return total


def tiles(voxels: np.ndarray, mesh: Mesh | None) -> list[Mesh]:
    """Return what to draw of a shape: its mesh if it is known, and its voxels at each of SHOWN."""
    grids = [max_pool(voxels, resolution).astype(np.float32) for resolution in SHOWN]
    return ([] if mesh is None else [mesh]) + [marching_cubes(g).in_unit_frame() for g in grids]
