"""Meshes, and the geometry of triangles."""

from typing import NamedTuple

import numpy as np
import scipy

from imnet.data.lattice import unit_vertices

WHOLE = 0.99  # share of the area in one part, from which on what is left are crumbs


class _Pair(NamedTuple):
    vertices: np.ndarray  # [v, 3]
    triangles: np.ndarray  # [f, 3]


class Mesh(_Pair):
    """A surface: `vertices, triangles = mesh`.

    `resolution` says the frame of the vertices: D where they are in array units of the bordered
    (D+2)³ grid; None where they are in the unit frame or in a file's own units.
    """

    resolution: int | None

    def __new__(
        cls, vertices: np.ndarray, triangles: np.ndarray, resolution: int | None = None
    ) -> "Mesh":
        """Make a mesh of vertices [v, 3] and triangles [f, 3]."""
        mesh = super().__new__(cls, vertices, triangles)
        mesh.resolution = resolution
        return mesh

    @property
    def empty(self) -> bool:
        """Whether there is no surface."""
        return not len(self.triangles)

    @property
    def corners(self) -> np.ndarray:
        """The positions [f, 3, 3] of each triangle's corners."""
        return self.vertices[self.triangles]

    def in_unit_frame(self) -> "Mesh":
        """The mesh in [-0.5, 0.5]³; as it is where it is not in array units."""
        if self.resolution is None:
            return self
        return Mesh(unit_vertices(self.vertices, self.resolution), self.triangles)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors [..., 3] of length 1; 0 stays."""
    squares = np.einsum("...i,...i->...", vectors, vectors)[..., None]
    return vectors / np.maximum(np.sqrt(squares), 1e-20)


def area_vectors(corners: np.ndarray) -> np.ndarray:
    """Normals [..., 3] of triangles [..., 3, 3] (corner, coordinate), twice the area long."""
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    return np.cross(b - a, c - a)


def areas(corners: np.ndarray) -> np.ndarray:
    """Areas [...] of triangles [..., 3, 3]."""
    return np.linalg.norm(area_vectors(corners), axis=-1) / 2


def unit_normals(corners: np.ndarray) -> np.ndarray:
    """Unit normals [..., 3] of triangles [..., 3, 3]; 0 for a triangle without area."""
    normals = area_vectors(corners)
    lengths = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)


def part_areas(mesh: Mesh) -> np.ndarray:
    """Areas [p] of the connected parts of a mesh's surface, the largest first.

    Vertices at the same position are one, as in formats that store each triangle by itself.
    """
    places, numbers = np.unique(mesh.vertices, axis=0, return_inverse=True)
    triangles, size = numbers.reshape(-1)[mesh.triangles], len(places)
    edges = triangles[:, :2].ravel(), triangles[:, 1:].ravel()  # a path through each triangle
    links = scipy.sparse.coo_array((np.ones(len(edges[0]), np.int8), edges), shape=(size, size))
    _, parts = scipy.sparse.csgraph.connected_components(links, directed=False)
    found = np.bincount(parts[triangles[:, 0]], weights=areas(mesh.corners))
    return np.sort(found[found > 0])[::-1]


def in_one_part(mesh: Mesh, share: float = WHOLE) -> bool:
    """Return whether one connected part has at least so large a share of the surface's area."""
    parts = part_areas(mesh)
    return len(parts) > 0 and bool(parts[0] >= share * parts.sum())


def sample_surface(
    vertices: np.ndarray, triangles: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points, uniform by area, on vertices [v, 3] and triangles [f, 3].

    Returns points [count, 3] in the units of the vertices and the unit normals [count, 3] of their
    triangles, float64. Raises ValueError if the area is not positive: there is nothing to sample.
    """
    corners = np.asarray(vertices, np.float64)[triangles]  # [f, 3, 3]
    normals = area_vectors(corners)  # [f, 3]
    lengths = np.linalg.norm(normals, axis=1)
    if not lengths.sum() > 0:
        raise ValueError("a mesh without area has no surface points")
    chosen = rng.choice(len(lengths), count, p=lengths / lengths.sum())
    # Folding the unit square at its diagonal is uniform on the triangle.
    weights = rng.random((count, 2))
    beyond = weights.sum(axis=1) > 1
    weights[beyond] = 1 - weights[beyond]
    sides = corners[chosen, 1:] - corners[chosen, :1]  # [count, 2, 3]
    points = corners[chosen, 0] + (weights[:, :, None] * sides).sum(axis=1)
    return points, normals[chosen] / lengths[chosen, None]
