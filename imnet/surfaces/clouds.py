"""Points on the surface of a shape, as a scanner sees them: which of them count, their normals."""

import numpy as np
import scipy

from imnet.base.errors import UserError
from imnet.base.names import counted
from imnet.surfaces.triangles import Mesh, sample_surface

NEIGHBOURS = 16  # that a normal is estimated from
ON_MESH = 50_000  # points that distances to a mesh are measured to
LEAST_POINTS = 32  # that a shape can be told by
FLAT = 5e-3  # thickness, in lengths, of what is a plane
SAMPLED = 100_000  # points that are looked at
LARGEST = 1e100  # coordinate whose square can be computed with
LONELY = 6.0  # times the median distance to the neighbours: no part of the surface


def check_cloud(points: np.ndarray, name: str) -> None:
    """Raise UserError for finite points [n, 3] that no shape can be told by."""
    count = len(np.unique(points[:: len(points) // SAMPLED + 1], axis=0))
    if count < LEAST_POINTS:
        many = counted(count, "different point") if count else "no points"
        raise UserError(f"{name} has {many}: at least {LEAST_POINTS} are needed")
    if not np.abs(points).max() <= LARGEST:
        raise UserError(f"{name} has coordinates beyond {LARGEST:g}: leave such points out")
    lengths = np.sqrt(np.linalg.eigvalsh(np.cov(points, rowvar=False)).clip(0))  # ascending
    if not lengths[0] > FLAT * lengths[2]:
        raise UserError(f"{name} lies in a line or plane: no shape can be told by it")


def chosen_points(points: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return the numbers [m] of at most `count` of the finite points [n, 3], by a seed.

    Copies of a point and those far from all others are left out, the rest is `thinned`.
    """
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(len(points))[:SAMPLED])
    some = np.sort(some[np.unique(points[some], axis=0, return_index=True)[1]])
    tree = scipy.spatial.cKDTree(points[some])
    distances, _ = tree.query(points[some], min(NEIGHBOURS, len(some)) // 2)
    spacing = distances.mean(axis=1)
    some = some[spacing <= LONELY * np.median(spacing)]
    return some[thinned(points[some], count, rng)]


def thinned(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the numbers [m] of at most `count` of the points [n, 3], spread over the surface.

    Of the cells of a grid, chosen so fine that `count` are occupied, one point each at random:
    where a scanner saw more points, the surface is not more important.
    """
    if len(points) <= count:
        return np.arange(len(points))
    order = rng.permutation(len(points))
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


def estimate_normals(points: np.ndarray) -> np.ndarray:
    """Return unit normals [n, 3] of points [n, 3], either way.

    The direction in which the nearest points spread least (Hoppe et al., SIGGRAPH 1992).
    """
    _, nearest = scipy.spatial.cKDTree(points).query(points, min(NEIGHBOURS, len(points)))
    around = points[nearest]
    around = around - around.mean(axis=1, keepdims=True)
    return np.linalg.eigh(np.einsum("nki,nkj->nij", around, around))[1][:, :, 0]


def cloud_normals(points: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return unit normals [n, 3] of points [n, 3], and whether they point out.

    `given` ones [n, 3], which do, are taken where all have a direction; else they are estimated.
    """
    lengths = np.linalg.norm(given, axis=1, keepdims=True)
    if len(given) and (np.isfinite(lengths) & (lengths > 0)).all():
        return given / lengths, True
    return estimate_normals(points), False


def distances_to(mesh: Mesh, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the distances [n] of points [n, 3] to the surface of a mesh, to points on it."""
    on_mesh = sample_surface(mesh.vertices, mesh.triangles, ON_MESH, rng)[0]
    return scipy.spatial.cKDTree(on_mesh).query(points)[0]


def dots(points: np.ndarray, size: float) -> Mesh:
    """Return a mesh that shows points [n, 3]: an octahedron of this size at each."""
    corners = np.concatenate([np.eye(3), -np.eye(3)]) * size / 2
    faces = [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]]
    vertices = (points[:, None] + corners).reshape(-1, 3)
    triangles = np.array(faces) + 6 * np.arange(len(points))[:, None, None]
    return Mesh(vertices, triangles.reshape(-1, 3))


def facing(points: np.ndarray, normals: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Turn normals [n, 3] to the side from which a camera [3] saw the points [n, 3]."""
    away = ((camera - points) * normals).sum(axis=1) < 0
    return np.where(away[:, None], -normals, normals)
