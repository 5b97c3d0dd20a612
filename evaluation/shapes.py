"""The shapes to evaluate: meshes of a folder, voxels of a dataset; what is wrong with them."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import files_below
from imnet.base.names import names_of
from imnet.data.dataset import PointValueDataset
from imnet.programs.outputs import INTERPOLATION, RECONSTRUCTIONS, SAMPLES
from imnet.surfaces import Mesh, marching_cubes, reading
from imnet.surfaces.occupancy import mesh_occupancy, surface_condition
from imnet.surfaces.triangles import areas, in_one_part, sample_surface
from imnet_evaluation.placement import Placed, listed_in

FAILURES = ("missing", "empty", "broken")  # there is no surface
DEFECTS = ("open", "non-manifold")  # there is one, but it bounds no solid, or not simply
MODES = ("", *(names.meshes for names in (SAMPLES, RECONSTRUCTIONS, INTERPOLATION)))  # of files
GRID = 64  # of the occupancies
CUBE = 0.5 + 0.5 / GRID  # beyond it lie cell centres that the grid does not have
FAR = 1.5  # coordinates beyond this are hardly those of the unit cube
FAR_OUT = "far beyond the unit cube"
LARGEST = 1e6  # of a shape: beyond it the area of a triangle of size 1 drowns in rounding
FARTHEST = 1e9  # of its sizes from the origin: beyond it its own coordinates are rounded


class Failure(Exception):
    """A shape has no surface: `kind` is one of FAILURES, the message says why."""

    def __init__(self, kind: str, reason: str):
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True)
class Shape:
    """A surface in one frame, and the voxels that it was made of, if there are any."""

    vertices: np.ndarray  # [v, 3] float64
    triangles: np.ndarray  # [f, 3] int64
    condition: str  # "closed" or one of DEFECTS
    voxels: np.ndarray | None = None  # [64, 64, 64]

    def points(self, count: int, seed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Draw points on the surface and their normals, both [count, 3]; the seed decides them."""
        rng = np.random.default_rng(seed)
        return sample_surface(self.vertices, self.triangles, count, rng)

    def occupancy(self, side: int = 1) -> np.ndarray | None:
        """Return the occupancy bool [64 * side] * 3 of the cube of this side about the origin.

        The side is odd, in units of the unit frame. None if the shape has no inside.
        """
        if self.voxels is not None:
            return np.pad(self.voxels != 0, GRID * (side // 2))
        if self.condition == "open":
            return None
        return mesh_occupancy(self.vertices / side, self.triangles, GRID * side)

    def in_one_part(self) -> bool:
        """Return whether one connected part has at least 99% of the surface's area."""
        return in_one_part(Mesh(self.vertices, self.triangles))

    def extent(self) -> float:
        """Return the largest absolute coordinate of the surface."""
        return float(np.abs(self.vertices[self.triangles]).max())

    def moved(self, centre: np.ndarray, scale: float) -> "Shape":
        """Move to (x - centre) * scale, without the voxels, which belong to the unit frame."""
        return Shape((self.vertices - centre) * scale, self.triangles, self.condition)


def read_mesh(file: Path | Placed | None) -> Shape:
    """Read a mesh file into the unit frame, where one of a mere path stands already.

    Raises Failure if there is no file, or no surface in it, or it cannot be read.
    """
    if file is None:
        raise Failure("missing", "no file")
    try:
        mesh = (file if isinstance(file, Placed) else Placed(file)).read()
    except UserError as error:
        raise Failure("broken", str(error)) from error
    return mesh_shape(mesh)


def mesh_shape(mesh: Mesh) -> Shape:
    """Make a shape of a mesh in the unit frame. Raises Failure if it has no sound surface."""
    if mesh.empty:
        raise Failure("empty", "no triangles")
    corners = mesh.corners  # [f, 3, 3]
    with np.errstate(over="ignore", invalid="ignore"):
        size, farthest = np.ptp(corners, axis=(0, 1)).max(), np.abs(corners).max()
    if not size <= LARGEST:  # nor is NaN
        raise Failure("broken", f"coordinates that are not finite, or a size beyond {LARGEST:g}")
    if size and farthest > FARTHEST * size:
        raise Failure("broken", f"it lies more than {FARTHEST:g} times its size from the origin")
    if areas(corners).sum() <= 0.5e-14 * size**2:  # rounding alone
        raise Failure("empty", "no area")
    return Shape(*mesh, surface_condition(*mesh))


def voxel_shape(voxels: np.ndarray) -> Shape:
    """Return the surface of voxels [64, 64, 64(, 1)], by marching cubes, in the unit frame.

    Raises Failure if no voxel is occupied.
    """
    voxels = voxels.reshape(GRID, GRID, GRID)
    if not voxels.any():
        raise Failure("empty", "no occupied voxels")
    mesh = marching_cubes((voxels != 0).astype(np.float32)).in_unit_frame()
    return Shape(*mesh, "closed", voxels)


def read_truth(source: Placed | np.ndarray) -> Shape:
    """Read a true or reference shape, a mesh file (see `read_mesh`) or voxels. Raises Failure."""
    return voxel_shape(source) if isinstance(source, np.ndarray) else read_mesh(source)


def normalisation(shape: Shape, rule: str) -> tuple[np.ndarray, float]:
    """Return the centre [3] and the scale that --normalise `rule` takes from the shape's box."""
    if rule == "none":
        return np.zeros(3), 1.0
    used = shape.vertices[shape.triangles].reshape(-1, 3)
    low, high = used.min(axis=0), used.max(axis=0)
    size = (high - low).max() if rule == "box" else np.linalg.norm(high - low)
    return (low + high) / 2, 1 / float(size)


def mesh_files(folder: str | Path, prefix: str | None = None) -> dict[str, Path]:
    """Find the mesh files of a folder by stem, sorted, without point clouds (`*_points.ply`).

    Those that are called by a prefix and a number, if one is given. Where the folder holds no
    meshes itself, those of its folders are taken, each by the name of its folder, as in ShapeNet:
    `03001627/<name>/models/model_normalized.obj`.

    Raises UserError if there are none, or two of one name, or those of several modes of a program.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: name one that holds meshes")
    below = [
        path
        for path in files_below(folder, reading.MESH_SUFFIXES)
        if not path.name.endswith("_points.ply")
    ]
    if prefix is not None:
        below = [path for path in below if re.fullmatch(rf"{re.escape(prefix)}\d+", path.stem)]
        if not below:
            raise UserError(f"--prefix {prefix}: {folder} holds no mesh {prefix}<number>")
    own = [path for path in below if path.parent == folder]
    modes = [m for m in MODES if any(re.fullmatch(rf"{m}\d+", path.stem) for path in own)]
    if len(modes) > 1:
        names = " and ".join(f"{mode}<number>" for mode in modes)
        raise UserError(f"{folder} holds {names}: say which set is meant with --prefix {modes[0]}")
    files: dict[str, Path] = {}
    for path in own or below:
        name = path.stem if own else path.relative_to(folder).parts[0]
        if name in files:
            what = (
                "meshes of one name, move one away" if own else f"meshes: is {path.parent} meant?"
            )
            raise UserError(f"{files[name]} and {path}: two {what}")
        files[name] = path
    if not files:
        raise UserError(f"{folder} holds no meshes ({' '.join(reading.MESH_SUFFIXES)})")
    return files


def true_shapes(path: str | Path) -> dict[str, Path] | dict[str, np.ndarray]:
    """Return by name a folder's mesh files, or the voxels [64, 64, 64, 1] of a dataset's shapes.

    Raises UserError if there are none.
    """
    path = Path(path)
    if path.is_dir():
        return mesh_files(path)
    voxels = PointValueDataset(path).voxels
    return dict(zip(names_of(path, len(voxels)), voxels, strict=True))


def pair_files(
    files: dict[str, Path], names: list[str], numbered: bool
) -> tuple[list[Path | None], list[Path]]:
    """Find the prediction of each name, None where there is none, and the files left over.

    Files are paired by their names in `files`, which are the last part of a shape's name or, where
    none is, the first one: names may hold folders. If none is either and the shapes are `numbered`,
    because they are those of a dataset, files are paired by the number at the end of their stem:
    reconstruction7.dae is shape 7, counted from 0. Raises UserError if nothing pairs, or two files
    have the same number, or two shapes have the same file.
    """
    last, first = ([Path(name).parts[part] for name in names] for part in (-1, 0))
    stems = last if files.keys() & set(last) else first
    for stem, count in Counter(stems).items():
        if count > 1 and stem in files:
            raise UserError(
                f"{files[stem]}: {count} true shapes are called {stem}, in folders of their own: "
                "number the meshes in the order of the dataset instead"
            )
    paired = [files.get(stem) for stem in stems]
    if not any(paired) and numbered:
        by_number = _by_number(files)
        paired = [by_number.get(index) for index in range(len(names))]
    if not any(paired):
        some = next(iter(files.values()))
        raise UserError(f"{some} and the others have no true shape of their name, as {names[0]}")
    return paired, [path for path in files.values() if path not in paired]


def called(files: dict[str, Path]) -> dict[str, Path]:
    """Return the files by the names of their shapes, where names.csv beside them has these."""
    listed = listed_in(files)
    return {listed[p].name: p for p in files.values() if p in listed and listed[p].name}


def far_out(shape: Shape) -> bool:
    """Whether coordinates are so large that the shape cannot be in the unit frame."""
    return shape.extent() > FAR


def _by_number(files: dict[str, Path]) -> dict[int, Path]:
    found: dict[int, Path] = {}
    for stem, path in files.items():
        digits = re.search(r"\d+$", stem)
        if digits is None:
            continue
        number = int(digits[0])
        if number in found:
            raise UserError(
                f"{found[number]} and {path}: two meshes of shape {number}; if these are two sets, "
                "choose one with --prefix"
            )
        found[number] = path
    return found
