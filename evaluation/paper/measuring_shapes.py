"""The meshes and points that measuring.py measures by formulas and packages."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from imnet.surfaces import Mesh
from imnet.surfaces.binvox import read_binvox
from imnet.surfaces.triangles import sample_surface
from imnet_evaluation.checkpoint import field_shape
from imnet_evaluation.shapes import voxel_shape
from point_sampling.fetch.simple_meshes import box, joined

ROOT = Path(__file__).parents[2]
CHAIR = "scopia_chair"
THRESHOLD = 1 / 64  # t of the F-score: exact in float32 too
HALF = 0.3  # of the cube's side
IN_SET, IN_SET_POINTS = 12, 512
PAIRS = ("a cube and the cube moved", "a chair and its reconstruction", "two spheres")
SOLIDS = (*PAIRS, "two touching boxes and their union", "two overlapping boxes and their union")


class Points(NamedTuple):
    """Points and their normals, both [n, 3]."""

    points: np.ndarray
    normals: np.ndarray


def ball(radius: float, steps: int = 48) -> Mesh:
    """Return a sphere about the origin, of 2 * steps meridians."""
    down, around = np.arange(1, steps) / steps * np.pi, np.arange(2 * steps) / steps * np.pi
    rings = np.stack([
        np.outer(np.sin(down), np.cos(around)),
        np.outer(np.sin(down), np.sin(around)),
        np.outer(np.cos(down), np.ones_like(around)),
    ], axis=-1)  # fmt: skip
    vertices = np.concatenate([[[0, 0, 1]], rings.reshape(-1, 3), [[0, 0, -1]]]) * radius
    here = 1 + np.arange((steps - 1) * 2 * steps).reshape(steps - 1, -1)
    right, last = np.roll(here, -1, axis=1), len(vertices) - 1
    a, b, c, d = (x.ravel() for x in (here[:-1], here[1:], right[1:], right[:-1]))
    triangles = [
        *np.stack([a, b, c], -1), *np.stack([a, c, d], -1),
        *((0, i, j) for i, j in zip(here[0], right[0], strict=True)),
        *((last, j, i) for i, j in zip(here[-1], right[-1], strict=True)),
    ]  # fmt: skip
    return Mesh(vertices, np.array(triangles))


def chair_and_reconstruction() -> tuple[Mesh, Mesh]:
    """Return a bundled chair of 64³ voxels and what the shipped network makes of it, at 64³."""
    from IMGAN.model import load_autoencoder  # not for --help

    voxels = read_binvox(ROOT / f"point_sampling/furniture/chair/{CHAIR}.binvox")
    network = load_autoencoder(ROOT / "IMGAN/pretrained/chairs_64")
    field = network.field(network.encode(voxels.reshape(1, 64, 64, 64, 1))[0])
    made, true = field_shape(field, 64, network.dense), voxel_shape(voxels)
    return Mesh(made.vertices, made.triangles), Mesh(true.vertices, true.triangles)


def solids() -> dict[str, tuple[Mesh, Mesh]]:
    """Return the pairs of SOLIDS by name, in the unit frame."""
    across = (-HALF, HALF)
    cube = box(across, across, across)
    moved = box((0.05 - HALF, 0.05 + HALF), across, across)
    touching, overlapping = (
        joined([box((-HALF, end), across, across), box((start, HALF), across, across)])
        for end, start in ((0, 0), (0.1, -0.1))
    )
    pairs = [(cube, moved), chair_and_reconstruction(), (ball(0.3), ball(0.33))]
    return dict(zip(SOLIDS, [*pairs, (touching, cube), (overlapping, cube)], strict=True))


def drawn(mesh: Mesh, count: int, *seed: int) -> Points:
    """Draw points of a mesh; the numbers `seed` decide them."""
    return Points(*sample_surface(*mesh, count, np.random.default_rng(seed)))


def tied_points() -> tuple[np.ndarray, np.ndarray]:
    """Return the corners [8, 3] of a cube, and of it moved by exactly THRESHOLD."""
    corners = np.argwhere(np.ones((2, 2, 2))).astype(np.float64)
    return corners, corners + THRESHOLD * np.array([0, 0, 1])


def box_sets() -> dict[str, tuple[list[np.ndarray], list[np.ndarray]]]:
    """Return generated and reference sets of points [n, 3]: other boxes, and copies in twos."""
    rng = np.random.default_rng(5)

    def boxes(count: int) -> list[np.ndarray]:
        sizes = rng.uniform(0.1, 0.5, (count, 3))
        meshes = [box(*((-s, s) for s in size)) for size in sizes]
        return [drawn(mesh, IN_SET_POINTS, 3, int(rng.integers(1 << 30))).points for mesh in meshes]

    generated, reference = boxes(IN_SET), boxes(IN_SET)
    twice = [shape for shape in reference[: IN_SET // 2] for _ in range(2)]
    return {"others": (generated, reference), "copies, each twice": (twice, reference)}
