"""The models of furniture.csv, turned and voxelized."""

import zipfile
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.reading import read_triangles
from imnet.surfaces.reading.obj import read_obj
from imnet.surfaces.solid import max_pool
from imnet.surfaces.voxelize import axes_to_shapenet, voxelize


def rotation(row: dict[str, str]) -> np.ndarray:
    """Return the rotation [3, 3] from a model's own axes to ShapeNet v2's (up +y, front -z).

    The catalogue's rotation (row-major, v' = M v) gives up +y, front +z. `turn` is a further
    rotation that a few models need, in degrees about the vertical.
    """
    own = np.array(row["rotation"].split() or np.eye(3).ravel(), np.float64).reshape(3, 3)
    angle = np.radians(float(row["turn"]))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return axes_to_shapenet("+y", "+z") @ turn @ own


def make_shape(libraries: Path, output: Path, name: str, row: dict[str, str]) -> None:
    """Voxelize one model of `<libraries>/<library>.sh3f` into `<output>/<name>.binvox`."""
    library = libraries / f"{row['library']}.sh3f"
    try:
        with zipfile.ZipFile(library) as archive:
            model = archive.read(row["member"])
    except (KeyError, FileNotFoundError, zipfile.BadZipFile) as error:
        raise UserError(f"{library} is missing or not the expected library: {error}") from error
    triangles = read_triangles(model, name, read_obj)
    grid = voxelize(triangles @ rotation(row).T, name)
    write_binvox(output / f"{name}.binvox", max_pool(grid, 64))
