"""Triangle meshes, open ones and many-part ones too, to solid occupancy grids."""

import numpy as np

from imnet.base.errors import UserError
from imnet.surfaces.solid import fill_surface
from imnet.surfaces.triangles import areas

_SPACING = 0.6  # of the sample lattice on a triangle, in voxels
_BATCH = 1 << 20  # samples held in memory at once
_SIZES = 1e-100, 1e100  # of a mesh, whose squares can be computed with


def axes_to_shapenet(up: str, front: str) -> np.ndarray:
    """The rotation float64 [3, 3] that takes a mesh's axes to ShapeNet v2's: up +y, front -z.

    `up` and `front` are among ±x ±y ±z. Raises UserError if one is not, or if they are parallel.
    """
    directions = {}
    for flag, axis in (("--up", up), ("--front", front)):
        if len(axis) != 2 or axis[0] not in "+-" or axis[1] not in "xyz":
            raise UserError(f"{flag} {axis}: one of +x -x +y -y +z -z is needed")
        directions[flag] = np.eye(3)["xyz".index(axis[1])] * (1 if axis[0] == "+" else -1)
    if up[1] == front[1]:
        raise UserError(f"--up {up} --front {front}: up and front must not be parallel")
    y, z = directions["--up"], -directions["--front"]
    return np.stack([np.cross(y, z), y, z])


def box_of(triangles: np.ndarray, name: str) -> tuple[np.ndarray, float]:
    """Return the centre [3] and the diagonal of the bounding box of triangles [f, 3, 3].

    Raises UserError for coordinates that are not finite, a single point, and what is beyond _SIZES.
    """
    low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
    if not np.isfinite([low, high]).all():
        raise UserError(f"{name} has coordinates that are not finite numbers")
    size = (high / 2 - low / 2).max() * 2
    if size == 0:
        raise UserError(f"{name} has zero size: all its vertices coincide")
    if not _SIZES[0] <= size <= _SIZES[1]:
        raise UserError(f"{name} is {size:.3g} long: {_SIZES[0]:g} to {_SIZES[1]:g} is taken")
    return (low + high) / 2, float(np.linalg.norm(high - low))


def normalise(triangles: np.ndarray, name: str) -> np.ndarray:
    """Centre the bounding box of triangles [f, 3, 3] at 0 and scale its diagonal to 1.

    Raises UserError as `box_of` does.
    """
    centre, diagonal = box_of(triangles, name)
    return (triangles - centre) / diagonal


def own_frame(turned: np.ndarray, rotation: np.ndarray, name: str) -> np.ndarray:
    """Return the way back from the unit frame, in which a mesh is voxelized, to its own units.

    Args:
        turned: triangles [f, 3, 3] in their own units, turned by `rotation` to ShapeNet's axes.
        rotation: [3, 3].
        name: of the mesh, for errors, which are those of `box_of`.

    Returns:
        float64 [3, 4]: a point (x, y, z) of the unit frame is at `frame @ (x, y, z, 1)`.
    """
    centre, diagonal = box_of(turned, name)
    return np.column_stack([diagonal * rotation.T, rotation.T @ centre])


def voxelize_surface(triangles: np.ndarray, resolution: int) -> np.ndarray:
    """Mark the voxels that triangles touch: [f, 3, 3] within [-0.5, 0.5]³ → bool [resolution]³.

    Each triangle is sampled in rows parallel to its longest edge, densely enough to leave no gap
    between marked voxels.
    """
    corners = (triangles + 0.5) * resolution  # [f, 3, 3], in voxels
    edges = corners[:, [1, 2, 0]] - corners  # [f, 3, 3]: 0→1, 1→2, 2→0
    lengths = np.linalg.norm(edges, axis=2)
    # turn each triangle so that its longest edge comes first: from a to b, with c opposite
    turn = (lengths.argmax(axis=1)[:, None] + np.arange(3)) % 3
    corners = np.take_along_axis(corners, turn[:, :, None], axis=1)
    longest = lengths.max(axis=1)
    height = 2 * areas(corners) / np.maximum(longest, 1e-12)
    along = np.maximum(np.ceil(longest / _SPACING), 1).astype(np.int64)
    rows = np.ceil(height / _SPACING).astype(np.int64)
    counts = (along + 1) * (rows + 1)  # [f] samples of each triangle
    ends = counts.cumsum()

    grid = np.zeros((resolution,) * 3, bool)
    start = 0
    while start < len(corners):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _BATCH, side="right")))
        chunk = slice(start, stop)
        triangle = np.repeat(np.arange(start, stop), counts[chunk])  # [samples]
        index = np.arange(len(triangle)) - (ends - counts - done)[triangle]
        row, step = np.divmod(index, along[triangle] + 1)
        s = (step / along[triangle])[:, None].astype(np.float32)
        t = (row / np.maximum(rows, 1)[triangle])[:, None].astype(np.float32)
        a, b, c = corners[chunk].astype(np.float32)[triangle - start].transpose(1, 0, 2)
        samples = (a + s * (b - a)) * (1 - t) + t * c  # [samples, 3]
        i, j, k = np.clip(samples.astype(np.int32), 0, resolution - 1).T
        grid[i, j, k] = True
        start = stop
    return grid


def voxelize(triangles: np.ndarray, name: str, resolution: int = 256) -> np.ndarray:
    """The solid of a mesh: triangles [f, 3, 3] in any units → bool [resolution]³.

    The bounding box is centred and its diagonal is the grid's side, as in the original's data.
    Raises UserError as `normalise` does.
    """
    return fill_surface(voxelize_surface(normalise(triangles, name), resolution))
