"""Files of meshes and of points on surfaces, written whole."""

from datetime import datetime
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole

FORMATS = (".dae", ".ply", ".obj", ".stl", ".glb", ".off")
_DAE = """\
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
  <asset>
    <created>{now}</created>
    <modified>{now}</modified>
    <up_axis>Y_UP</up_axis>
  </asset>
  <library_geometries>
    <geometry id="geometry0" name="mcubes_mesh">
      <mesh>
        <source id="verts-array">
          <float_array count="{numbers}" id="verts-array-array">{coordinates}</float_array>
          <technique_common>
            <accessor count="{points}" source="#verts-array-array" stride="3">
              <param type="float" name="X" />
              <param type="float" name="Y" />
              <param type="float" name="Z" />
            </accessor>
          </technique_common>
        </source>
        <vertices id="verts-array-vertices">
          <input semantic="POSITION" source="#verts-array" />
        </vertices>
        <triangles count="{count}" material="">
          <input offset="0" semantic="VERTEX" source="#verts-array-vertices" />
          <p>{corners}</p>
        </triangles>
      </mesh>
    </geometry>
  </library_geometries>
  <library_visual_scenes>
    <visual_scene id="mcubes_scene">
      <node id="mcubes_mesh" name="mcubes_mesh">
        <instance_geometry url="#geometry0" />
      </node>
    </visual_scene>
  </library_visual_scenes>
  <scene>
    <instance_visual_scene url="#mcubes_scene" />
  </scene>
</COLLADA>
"""


def write_mesh(path: str | Path, vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Write vertices [v, 3] and triangles [f, 3]; the suffix of `path` is the format.

    Coordinates are rounded to float32 in .ply, .stl and .glb, to 9 digits, which tell float32
    numbers apart, in .dae, to 8 decimals in .obj and to 10 in .off. The file appears whole or not
    at all; its folder is made. Raises UserError on a suffix that is not in FORMATS.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        known = " ".join(FORMATS)
        raise UserError(f"{path}: unknown mesh format '{path.suffix}'; the known ones are {known}")
    with written_whole(path) as beside:
        if suffix == ".dae":
            beside.write_text(_dae_text(vertices, triangles))
        else:
            import trimesh  # here, because --help starts without it

            mesh = trimesh.Trimesh(vertices, triangles, process=False)
            mesh.export(beside, file_type=suffix[1:])


def _dae_text(vertices: np.ndarray, triangles: np.ndarray) -> str:
    """COLLADA in the form of PyMCubes, the original's writer, which rounds to 7 digits."""
    coordinates = np.asarray(vertices).ravel().tolist()
    return _DAE.format(
        now=datetime.now().isoformat(),
        numbers=len(coordinates),
        coordinates=" ".join(map("{:.9g}".format, coordinates)),
        points=len(vertices),
        count=len(triangles),
        corners=" ".join(map(str, np.asarray(triangles).ravel().tolist())),
    )


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
