"""Files of meshes and of points on surfaces, written whole."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import MESH_FORMATS, written_whole
from imnet.surfaces.triangles import unit_normals

ROWS = 2**16  # of a mesh that are written at a time


def write_mesh(path: str | Path, vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Write vertices [v, 3] and triangles [f, 3]; the suffix of `path` is the format.

    Coordinates are rounded to 7 digits in .dae, as by the original, whose writer this is; to
    float32 in .ply, .stl and .glb; to 8 decimals in .obj and to 10 in .off. The file appears whole
    or not at all; its folder is made. Raises UserError on a suffix that is not in MESH_FORMATS.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in MESH_FORMATS:
        known = " ".join(MESH_FORMATS)
        raise UserError(f"{path}: unknown mesh format '{path.suffix}'; the known ones are {known}")
    with written_whole(path) as beside:
        if suffix == ".ply":
            _write_ply(beside, vertices, triangles)
        elif suffix == ".stl":
            _write_stl(beside, vertices, triangles)
        elif suffix == ".dae":
            import mcubes  # here, as trimesh below: --help starts without them

            mcubes.export_mesh(vertices, triangles, str(beside))
        else:
            import trimesh

            mesh = trimesh.Trimesh(vertices, triangles, process=False)
            mesh.export(beside, file_type=suffix[1:])


def _write_ply(path: Path, vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Write binary PLY part by part: copies of a whole mesh of 1024³ would take half a gigabyte."""
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(vertices)}\n{_properties('x', 'y', 'z')}"
        f"element face {len(triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    face = np.dtype([("count", "u1"), ("corners", "<i4", 3)])
    with path.open("wb") as file:
        file.write(header.encode())
        for part in _parts(vertices):
            file.write(part.astype("<f4").tobytes())
        for part in _parts(triangles):
            rows = np.empty(len(part), face)
            rows["count"], rows["corners"] = 3, part
            file.write(rows.tobytes())


def _write_stl(path: Path, vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Write binary STL part by part."""
    facet = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("unused", "<u2")])
    with path.open("wb") as file:
        file.write(bytes(80) + np.uint32(len(triangles)).astype("<u4").tobytes())
        for part in _parts(triangles):
            corners = np.asarray(vertices, np.float64)[part]  # [p, 3, 3]
            rows = np.zeros(len(part), facet)
            rows["normal"], rows["corners"] = unit_normals(corners), corners
            file.write(rows.tobytes())


def _parts(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]


def _properties(*names: str) -> str:
    return "".join(f"property float {name}\n" for name in names)


def write_surface_points(path: str | Path, points: np.ndarray, normals: np.ndarray) -> None:
    """Write points [n, 3] and their normals [n, 3] as binary PLY: float32 x y z nx ny nz.

    The file appears whole or not at all; its folder is made.
    """
    properties = _properties("x", "y", "z", "nx", "ny", "nz")
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(points)}\n{properties}end_header\n"
    )
    rows = np.concatenate([points, normals], axis=1).astype("<f4")  # [n, 6]
    with written_whole(path) as beside:
        beside.write_bytes(header.encode() + rows.tobytes())
