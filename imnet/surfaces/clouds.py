"""Points on the surface of a shape, as a scanner sees them: which of them count, their normals."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from imnet.base.errors import UserError

NEIGHBOURS = 16  # that a normal is estimated from
LEAST_POINTS = 32  # that a shape can be told by
FLAT = 5e-3  # thickness, in lengths, of what is a plane
FAR = 0.5, 3.0  # of the box's diagonal from the median: share of points that may be further


class Cloud(NamedTuple):
    """Points [n, 3] float64 in any units, and their unit normals, which point out.

    Where `oriented` is False the normals may point in as well as out.
    """

    points: np.ndarray
    normals: np.ndarray
    oriented: bool


def check_cloud(points: np.ndarray, name: str) -> None:
    """Raise UserError for finite points [n, 3] that no shape can be told by."""
    count = len(np.unique(points, axis=0)) if len(points) < 10 * LEAST_POINTS else len(points)
    if count < LEAST_POINTS:
        many = f"{count} different points" if count else "no points"
        raise UserError(f"{name} has {many}: at least {LEAST_POINTS} are needed")
    lengths = np.sqrt(np.linalg.eigvalsh(np.cov(points, rowvar=False)).clip(0))  # ascending
    if not lengths[0] > FLAT * lengths[2]:
        what = "one place" if lengths[2] == 0 else "a line or plane"
        raise UserError(f"{name} lies in {what}: no shape can be told by it")


def thinned(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the numbers [m] of at most `count` of the points [n, 3], spread over the surface.

    Of the cells of a grid, chosen so fine that `count` are occupied, one point each at random:
    where a scanner saw more points, the surface is not more important.
    """
    if len(points) <= count:
        return np.arange(len(points))
    order = rng.permutation(len(points))[: 64 * count]  # enough for any density
    low, size = points.min(axis=0), np.ptp(points, axis=0).max()
    cells, few = 2.0, order[:count]
    while cells < 2048:
        places = np.floor((points[order] - low) / size * cells).astype(np.int64)
        keys = places @ np.array([1, 4096, 4096 * 4096])
        found = order[np.sort(np.unique(keys, return_index=True)[1])]
        if len(found) > count:
            break
        few, cells = found, cells * 1.25
    return np.sort(few)


def estimate_normals(points: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
    """Return unit normals [m, 3] of points [n, 3], either way, at `seen` [m, 3] or all of them.

    The direction in which the nearest points spread least (Hoppe et al., SIGGRAPH 1992).
    """
    at = points if seen is None else seen
    _, nearest = cKDTree(points).query(at, min(NEIGHBOURS, len(points)))
    around = points[nearest]
    around = around - around.mean(axis=1, keepdims=True)
    return np.linalg.eigh(np.einsum("nki,nkj->nij", around, around))[1][:, :, 0]


def facing(points: np.ndarray, normals: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Turn normals [n, 3] to the side from which a camera [3] saw the points [n, 3]."""
    away = ((camera - points) * normals).sum(axis=1) < 0
    return np.where(away[:, None], -normals, normals)
