"""Classes of the authors' later versions, and 3D-R2N2's renderings of their shapes."""

from pathlib import Path

import cv2
import numpy as np

from imnet.base.errors import UserError
from imnet.data.checks import GRID_ATTRIBUTE, points_grid
from imnet.data.hdf5 import open_hdf5, read_rows
from imnet.data.sizes import LATER_GRID, VIEW_SIZE
from point_sampling.build import layout_of
from point_sampling.improved import QUOTAS
from point_sampling.sources import rows_by_name
from point_sampling.stored_arrays import as_promised, check_points

ENDING = "_vox256.hdf5"
VIEWS = 24  # that 3D-R2N2 rendered of each shape
POINT_LAYOUT = layout_of(QUOTAS)


def find_classes(folder: Path) -> dict[str, Path]:
    """Find the dataset of each class in a folder: path by id, ids ascending.

    Raises UserError if there is none, if two have the same id, or if one is not of the later
    versions' form.
    """
    classes = {}
    for path in sorted(folder.rglob(f"*{ENDING}")):
        number = path.name.removesuffix(ENDING)
        if number in classes:
            raise UserError(f"{classes[number]} and {path} are of the same class: keep one")
        with open_hdf5(path) as file:
            shapes = {key: file[key].shape[1:] for key in check_points(file)}
            stated = file["points_16"].attrs.get(GRID_ATTRIBUTE)
            grid = points_grid(file["points_16"], 16, f"{path}: points_16", stated)
        wanted = {key: shape for key, (shape, _) in POINT_LAYOUT.items()}
        if shapes != wanted or grid != LATER_GRID:
            raise UserError(f"{path} is not of the later versions: sample it with --improved")
        classes[number] = path
    if not classes:
        raise UserError(f"--input {folder}: no *{ENDING} in it or below")
    return dict(sorted(classes.items()))


def read_rendering(path: Path) -> np.ndarray:
    """Read a rendering as a view: grey, blended on white by its alpha, uint8 [137, 137].

    Raises UserError if it cannot be read or has another size.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if picture is None or picture.dtype != np.uint8:
        raise UserError(f"{path} is missing or no whole picture of 8 bits")
    if picture.shape[:2] != (VIEW_SIZE, VIEW_SIZE):
        height, width = picture.shape[:2]
        raise UserError(f"{path} is {width}x{height}: {VIEW_SIZE}x{VIEW_SIZE} is wanted")
    if picture.ndim == 2:
        return picture
    grey = cv2.cvtColor(picture[..., :3], cv2.COLOR_BGR2GRAY)
    if picture.shape[2] == 3:
        return grey
    alpha = picture[..., 3] / 255
    return np.round(grey * alpha + 255 * (1 - alpha)).astype(np.uint8)


def gather_shape(
    renderings: Path, name: str, path: Path, _random: np.random.Generator
) -> tuple[dict[str, np.ndarray], None]:
    """Read the arrays of the shape ID/SHAPE from its class's dataset and its renderings."""
    folder, row = renderings / name / "rendering", rows_by_name(path)[name.partition("/")[2]]
    with open_hdf5(path) as file:
        arrays = {
            key: as_promised(read_rows(file[key], row), key, str(path)) for key in POINT_LAYOUT
        }
    arrays["pixels"] = np.stack([read_rendering(folder / f"{n:02}.png") for n in range(VIEWS)])
    return arrays, None
