"""Files of meshes and of points on surfaces, written whole."""

from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import MESH_FORMATS, written_whole


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
