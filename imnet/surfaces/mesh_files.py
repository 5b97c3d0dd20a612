"""Mesh files, units of vertices, points on surfaces."""

from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole

FORMATS = (".dae", ".ply", ".obj", ".stl", ".glb", ".off")


def write_mesh(path: str | Path, vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Write vertices [v, 3] and triangles [f, 3]; the suffix of `path` is the format.

    Coordinates are written as they are. The file appears whole or not at all; its folder is made.
    Raises UserError on a suffix that is not in FORMATS.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        known = " ".join(FORMATS)
        raise UserError(f"{path}: unknown mesh format '{path.suffix}'; the known ones are {known}")
    with written_whole(path) as beside:
        if suffix == ".dae":
            import mcubes  # here, as trimesh below: --help starts without them

            mcubes.export_mesh(vertices, triangles, str(beside))
        else:
            import trimesh

            mesh = trimesh.Trimesh(vertices, triangles, process=False)
            mesh.export(beside, file_type=suffix[1:])


def write_surface_points(path: str | Path, points: np.ndarray, normals: np.ndarray) -> None:
    """Write points [n, 3] and their normals [n, 3] as binary PLY: float32 x y z nx ny nz.

    The file appears whole or not at all; its folder is made.
    """
    properties = "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz"))
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(points)}\n{properties}end_header\n"
    )
    rows = np.concatenate([points, normals], axis=1).astype("<f4")  # [n, 6]
    with written_whole(path) as beside:
        beside.write_bytes(header.encode() + rows.tobytes())


def unit_vertices(vertices: np.ndarray, resolution: int) -> np.ndarray:
    """Array units of the bordered (D+2)³ grid [v, 3] → the cube [-0.5, 0.5]³, D = `resolution`.

    Lattice point i is at i + 1 in array units and at (i + 0.5)/D - 0.5 here: half the field's own
    coordinates, as the original's successors write them.
    """
    return (vertices - 0.5) / resolution - 0.5


def sample_surface(
    vertices: np.ndarray, triangles: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random points, uniform by area, on vertices [v, 3] and triangles [f, 3].

    Returns points [count, 3] in the units of the vertices and the unit normals [count, 3] of their
    triangles, float64. Raises ValueError if the area is not positive: there is nothing to sample.
    """
    corners = np.asarray(vertices, np.float64)[triangles]  # [f, 3, 3]
    sides = corners[:, 1:] - corners[:, :1]  # [f, 2, 3]
    normals = np.cross(sides[:, 0], sides[:, 1])  # [f, 3], twice the area long
    areas = np.linalg.norm(normals, axis=1)
    if not areas.sum() > 0:
        raise ValueError("a mesh without area has no surface points")
    chosen = rng.choice(len(areas), count, p=areas / areas.sum())
    # Folding the unit square at its diagonal is uniform on the triangle.
    weights = rng.random((count, 2))
    beyond = weights.sum(axis=1) > 1
    weights[beyond] = 1 - weights[beyond]
    points = corners[chosen, 0] + (weights[:, :, None] * sides[chosen]).sum(axis=1)
    return points, normals[chosen] / areas[chosen, None]
