"""Mesh files to vertices and triangles: one place that reads them, one file a format.

The parsers are our own, but packages unpack Draco and PCD. Each holds what it found against what
the file promises: the counts of its header, the range of its indices, the extensions it requires,
the references it makes.
"""

import re
import struct
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, say_once
from imnet.base.files import mesh_kind, other_thing
from imnet.surfaces.reading.dae import read_dae
from imnet.surfaces.reading.gltf import read_gltf
from imnet.surfaces.reading.obj import read_obj
from imnet.surfaces.reading.off import read_off
from imnet.surfaces.reading.pcd import read_pcd
from imnet.surfaces.reading.ply import read_ply, read_ply_points
from imnet.surfaces.reading.points import (
    read_array_points,
    read_coloured_points,
    read_text_points,
)
from imnet.surfaces.reading.stl import read_stl

_READERS = {
    ".obj": read_obj,
    ".ply": read_ply,
    ".stl": read_stl,
    ".off": read_off,
    ".dae": read_dae,
}
_CLOUD_READERS = {
    ".ply": read_ply_points,
    ".pcd": read_pcd,
    ".xyz": read_text_points,
    ".xyzn": read_text_points,
    ".txt": read_text_points,
    ".xyzrgb": read_coloured_points,
    ".pts": read_coloured_points,
    ".npz": read_array_points,
    ".npy": read_array_points,
}
Reader = Callable[[bytes], tuple[np.ndarray, np.ndarray]]
_GLTF = (".glb", ".gltf")
MESH_SUFFIXES = (".obj", ".ply", ".stl", ".off", *_GLTF, ".dae")
CLOUD_SUFFIXES = tuple(_CLOUD_READERS)
# what parsers meet in a malformed file, besides the ValueErrors that say it better
_DAMAGE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
    MemoryError, struct.error,
)  # fmt: skip


def read_mesh(
    source: Path | bytes, name: str | None = None, reader: Reader | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3] of a mesh file, in its own units and axes.

    All parts of a scene are put together, vertices that faces share stay shared, and polygons are
    cut into triangles. Triangles that are a single point are left out, unless all are. A file
    without faces has 0 triangles.

    Args:
        source: the file, or its content; then a reader is needed.
        name: what messages call it; the path if None.
        reader: parses the content; that of the path's suffix, one of MESH_SUFFIXES, if None.

    Raises:
        UserError: the file cannot be read, is damaged, or is of a kind that is not read.
    """
    vertices, triangles = _read(source, name, reader, "a mesh")
    corners = vertices[triangles]
    points = (corners == corners[:, :1]).all(axis=(1, 2))  # a far one would widen the mesh's box
    return vertices, triangles if points.all() else triangles[~points]


def read_cloud(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 [n, 3] of a file, as stored, and normals [n, 3], or [0, 3] where it has none.

    The suffix is one of CLOUD_SUFFIXES. Of a PLY the vertices are the points. Raises UserError as
    `read_mesh` does.
    """
    reader = _CLOUD_READERS[path.suffix.lower()]
    points, normals = _read(path, None, reader, "a point cloud")
    if len(normals) not in (0, len(points)):
        raise UserError(f"{path} has {len(points)} points, but {len(normals)} normals")
    return points, normals


def _read(
    source: Path | bytes, name: str | None, reader: Reader | None, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """What a reader makes of a file, see `read_mesh`; `what` it is to be is for messages."""
    name, content = name or str(source), source
    if isinstance(source, Path):
        reader = reader or _reader_of(source)
        try:
            content = source.read_bytes()
        except OSError as error:
            raise UserError(f"{name} cannot be read: {error.strerror}") from error
    try:
        other = other_thing(content)
        if other and reader is not read_array_points:
            raise ValueError(f"it is {other}")
        with (
            np.errstate(over="ignore", invalid="ignore"),  # who uses the numbers says it better
            warnings.catch_warnings(record=True) as odd,
        ):
            warnings.simplefilter("always", UserWarning)
            mesh = reader(content)
        if not len(mesh[1]) and _misnamed(source, content):
            raise ValueError("it has no faces")
    except _DAMAGE as error:
        reason = _misnamed(source, content) or (
            str(error)
            if type(error) is ValueError
            else f"it is damaged ({type(error).__name__}: {error})"
        )
        raise UserError(f"{name} cannot be read as {what}: {' '.join(reason.split())}") from error
    for warning in odd:
        say_once(f"{name}: {warning.message}")
    return mesh


def read_triangles(
    source: Path | bytes, name: str | None = None, reader: Reader | None = None
) -> np.ndarray:
    """`read_mesh` as triangles float64 [f, 3, 3] (corner, coordinate).

    Raises UserError if there is none, too.
    """
    vertices, triangles = read_mesh(source, name, reader)
    if not len(triangles):
        raise UserError(f"{name or source} has no faces")
    return vertices[triangles]


def _reader_of(path: Path) -> Reader:
    suffix = path.suffix.lower()
    return partial(read_gltf, beside=path.parent) if suffix in _GLTF else _READERS[suffix]


def _misnamed(source: Path | bytes, content: bytes) -> str | None:
    """Say of what kind a file is whose suffix says another, if that can be seen."""
    kind = mesh_kind(content)
    if not isinstance(source, Path) or kind in (None, source.suffix.lower()):
        return None
    return f"it is a {kind} file by its content: rename it"


def contradictions(paths: Iterable[Path], up: str) -> list[str]:
    """One line for each kind of file whose own word on which way is up is not `up`.

    glTF has +y up by definition, COLLADA says it in the file. Coordinates are read as stored.
    """
    lines = {}
    for path in paths:
        kind = path.suffix.lower()
        if kind in lines or kind not in (*_GLTF, ".dae"):
            continue
        own = "+y" if kind in _GLTF else _up_axis(path)
        if own not in (None, up):
            lines[kind] = f"{path} says {own} is up; {up} is used, for all {kind} files"
    return list(lines.values())


def _up_axis(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
    except OSError:  # what is wrong is said where the file is read
        return None
    found = re.search(rb"<up_axis>\s*([XYZ])_UP", start)
    return found and f"+{found[1].decode().lower()}"
