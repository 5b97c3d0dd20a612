"""A light-field distance of our own: how different two shapes look from all around, however turned.

After Chen et al. 2003, On visual similarity based 3D model retrieval: silhouettes from the vertices
of dodecahedra, their Zernike moments and the Fourier descriptors of their contours, compared under
the rotations of the dodecahedron. It is NOT that program: cameras, sampling, normalisation and the
weights of the descriptors are ours, so the numbers compare with each other alone and not with the
light-field distances (integers) that papers print.

A shape is centred at the centre of gravity of its surface and scaled so that its furthest point is
at 1: neither depends on how it is turned. The distance has no unit, and 0 means that all
silhouettes have the same descriptors.
"""

import functools

import cv2
import numpy as np
import scipy
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from imnet.surfaces.triangles import areas

RIGS, VIEWS = 10, 10  # dodecahedra, and views of each: opposite ones see mirror images
SIZE = 128  # pixels along a silhouette of [-1, 1]²
ORDER = 10  # of the Zernike moments: 35 of them without the zeroth
HARMONICS = 10  # of the contour
CONTOUR_POINTS = 128
GOLDEN = (1 + 5**0.5) / 2


def light_field_descriptors(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Descriptors float32 [10, 10, 45] of a shape from 10 rigs of 10 views.

    Vertices [v, 3] in any frame and unit, triangles [f, 3] facing either way. Of each silhouette 35
    magnitudes of Zernike moments of order 1 to 10, (n + 1)/π |∫ silhouette · conj(V_nm)| over the
    unit disc about the shape's centre, which hold its size too; and 10 magnitudes of the Fourier
    series of its longest contour's distance from that contour's centroid, relative to the mean
    distance (Zhang and Lu 2001). None changes when the picture is turned or mirrored.

    Raises ValueError if there is no surface.
    """
    silhouettes = _silhouettes(_normalised(vertices, triangles))  # [100, SIZE, SIZE]
    inside, polynomials = _zernike_polynomials()
    pixels = silhouettes[:, inside].astype(np.float32)  # [100, pixels of the disc]
    moments = np.hypot(*(pixels @ part for part in polynomials))  # [100, 35]
    contours = np.stack([_contour_descriptors(silhouette) for silhouette in silhouettes])
    return np.concatenate([moments, contours], axis=1, dtype=np.float32).reshape(RIGS, VIEWS, -1)


def light_field_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Distance of two shapes by their descriptors [10, 10, 45], see light_field_descriptors.

    The least, over the pairs of rigs and the 60 rotations of the dodecahedron (6000 alignments), of
    the sum over the 10 views of the L1 distance of the descriptors. Symmetric; 0 for a shape and
    itself. Its unit is the descriptors'.
    """
    a, b = a.reshape(RIGS * VIEWS, -1), b.reshape(RIGS * VIEWS, -1)
    views = scipy.spatial.distance.cdist(a, b, "cityblock")
    views = views.reshape(RIGS, VIEWS, RIGS, VIEWS).transpose(0, 2, 1, 3)  # rig, rig, view, view
    aligned = views[:, :, np.arange(VIEWS), alignments()]  # [rig, rig, 60, view]
    return float(aligned.sum(axis=-1).min())


@functools.cache
def rig_rotations() -> np.ndarray:
    """How the rigs are turned, [10, 3, 3]: the first is not, the others at random."""
    quaternions = np.random.default_rng(0).normal(size=(RIGS, 4))
    quaternions[0] = 0, 0, 0, 1
    return scipy.spatial.transform.Rotation.from_quat(quaternions).as_matrix()


@functools.cache
def view_directions() -> np.ndarray:
    """Unit vectors [10, 3], one of each pair of opposite vertices of the dodecahedron."""
    cube = [(x, y, 1.0) for x in (-1, 1) for y in (-1, 1)]
    others = [np.roll((0, sign / GOLDEN, GOLDEN), turn) for turn in range(3) for sign in (-1, 1)]
    return np.array([*cube, *others]) / np.sqrt(3)


@functools.cache
def dodecahedron_rotations() -> np.ndarray:
    """The 60 rotations [60, 3, 3] that take the dodecahedron to itself."""
    rotation = scipy.spatial.transform.Rotation
    turn = rotation.from_euler("z", 90, degrees=True)  # from SciPy's icosahedron to ours
    return (turn * rotation.create_group("I") * turn.inv()).as_matrix()


@functools.cache
def alignments() -> np.ndarray:
    """For each rotation of the dodecahedron, which view each view comes to: int64 [60, 10]."""
    directions = view_directions()
    turned = np.einsum("rij,vj->rvi", dodecahedron_rotations(), directions)  # [60, 10, 3]
    return np.abs(turned @ directions.T).argmax(axis=-1)  # opposite views are one


def _normalised(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Corners [f, 3, 3] of the triangles: centre of gravity of the surface at 0, furthest at 1."""
    corners = np.asarray(vertices, np.float64)[triangles].reshape(-1, 3, 3)
    weights = areas(corners)
    if not weights.sum() > 0:
        raise ValueError("a mesh without area has no silhouettes")
    corners = corners - np.average(corners.mean(axis=1), axis=0, weights=weights)
    return corners / np.linalg.norm(corners, axis=2).max()


def _silhouettes(corners: np.ndarray) -> np.ndarray:
    """Silhouettes bool [RIGS * VIEWS, SIZE, SIZE] of triangles [f, 3, 3] in the unit ball."""
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(corners, np.float32))
    inside, _ = _zernike_polynomials()
    across = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    y, x = (axis[inside] for axis in np.meshgrid(across, across, indexing="ij"))
    silhouettes = np.zeros((RIGS * VIEWS, SIZE, SIZE), bool)
    directions = (view_directions() @ rig_rotations().transpose(0, 2, 1)).reshape(-1, 3)
    for silhouette, direction in zip(silhouettes, directions, strict=True):
        # Which way is up in the picture does not matter: the descriptors do not see it.
        right = np.cross(direction, np.eye(3)[np.abs(direction).argmin()])
        right /= np.linalg.norm(right)
        up = np.cross(direction, right)
        origins = (x[:, None] * right + y[:, None] * up + 2 * direction).astype(np.float32)
        towards = np.ascontiguousarray(np.broadcast_to(-direction, origins.shape), np.float32)
        silhouette[inside] = scene.run(origins, towards, query="OCCLUDED") >= 0
    return silhouettes


@functools.cache
def _zernike_polynomials() -> tuple[np.ndarray, np.ndarray]:
    """The pixels of the unit disc, bool [SIZE, SIZE], and the polynomials on them.

    These are float32 [2, pixels, 35], real and imaginary part, times (n + 1)/π and a pixel's area.
    """
    across = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    y, x = np.meshgrid(across, across, indexing="ij")
    inside = np.hypot(x, y) <= 1
    radius, angle = np.hypot(x, y)[inside], np.arctan2(y, x)[inside]
    factor = (2 / SIZE) ** 2 / np.pi
    polynomials = [
        (n + 1) * factor * _radial(n, m, radius) * np.exp(-1j * m * angle)
        for n in range(1, ORDER + 1)
        for m in range(n % 2, n + 1, 2)
    ]
    stacked = np.stack(polynomials, axis=1)  # [pixels, 35]
    return inside, np.stack([stacked.real, stacked.imag]).astype(np.float32)


def _radial(n: int, m: int, radius: np.ndarray) -> np.ndarray:
    """The radial polynomial R_nm of Zernike at radii in 0..1, by Jacobi's."""
    k = (n - m) // 2
    return (-1) ** k * radius**m * scipy.special.eval_jacobi(k, m, 0, 1 - 2 * radius**2)


def _contour_descriptors(silhouette: np.ndarray) -> np.ndarray:
    """Magnitudes [10] of the first harmonics of the longest contour's distance from its centroid.

    Relative to the mean distance; zeros where nothing has a contour.
    """
    contours, _ = cv2.findContours(
        silhouette.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    if not contours:
        return np.zeros(HARMONICS)
    longest = max(contours, key=len)[:, 0].astype(np.float64)  # [m, 2]
    closed = np.concatenate([longest, longest[:1]])
    length = np.concatenate([[0], np.hypot(*np.diff(closed, axis=0).T).cumsum()])
    steps = np.arange(CONTOUR_POINTS) / CONTOUR_POINTS * length[-1]
    points = np.stack([np.interp(steps, length, axis) for axis in closed.T])  # [2, points]
    distance = np.hypot(*(points - points.mean(axis=1, keepdims=True)))
    magnitudes = np.abs(np.fft.rfft(distance))
    return magnitudes[1 : HARMONICS + 1] / max(magnitudes[0], 1e-12)
