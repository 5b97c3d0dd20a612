# PYTHON_ARGCOMPLETE_OK
"""Join the classes of the authors' later versions and their renderings into one training set.

Takes each FOLDER/ID_NAME/ID_vox256.hdf5 with its name list, as the samplers write it with
--improved, and 3D-R2N2's pictures RENDERINGS/ID/SHAPE/rendering/00.png .. 23.png. Writes
OUTPUT_train.hdf5 and OUTPUT_test.hdf5. The first 80% of the sorted names of each class train.
"""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.parallel import WorkerFlags
from imnet.data.checks import GRID_ATTRIBUTE, points_grid
from imnet.data.hdf5 import open_hdf5, read_rows
from imnet.data.sizes import LATER_GRID, VIEW_SIZE
from point_sampling.build import layout_of
from point_sampling.improved import QUOTAS
from point_sampling.make_svr_dataset import as_promised, check_output, check_points
from point_sampling.parts import build
from point_sampling.sources import rows_by_name
from point_sampling.splits import split_by_share

ENDING = "_vox256.hdf5"
VIEWS = 24  # that 3D-R2N2 rendered of each shape
SHARE = 0.8  # of a class that trains
LEFT_OUT = "4a32519f44dc84aabafe26e2eb69ebf4"  # a rifle that the authors leave out
POINT_LAYOUT = layout_of(QUOTAS)


@dataclass(frozen=True, kw_only=True)
class Flags(WorkerFlags):
    input: Path = option(REQUIRED, f"folder of the classes, ID_NAME/ID{ENDING}")
    renderings: Path = option(REQUIRED, "folder of 3D-R2N2's pictures, ID/SHAPE/rendering/00.png")
    output: Path = option(REQUIRED, "FOLDER/NAME of the new sets, such as FOLDER/all_vox256_img")

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be."""
        check_output(self.output)
        for flag in ("input", "renderings"):
            if not getattr(self, flag).is_dir():
                raise UserError(f"--{flag} {getattr(self, flag)}: no such folder")


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


def main() -> int:
    options = parse_flags(Flags, __doc__)
    sides, left_out = {"train": [], "test": []}, 0
    for number, path in find_classes(options.input).items():
        names = []
        for name in sorted(rows_by_name(path)):
            if name == LEFT_OUT:
                print(f"note: left out {number}/{name}, as the authors do", file=sys.stderr)
            elif (options.renderings / number / name / "rendering").is_dir():
                names.append(name)
            else:
                print(f"left out {number}/{name}: it has no renderings", file=sys.stderr)
                left_out += 1
        for side, chosen in zip(sides.values(), split_by_share(names, SHARE, {}), strict=True):
            side += [(f"{number}/{name}", path) for name in chosen]
    for side, shapes in sides.items():
        if not shapes:
            raise UserError(f"--input {options.input}: no shape is on the {side} side")
    statuses = [
        build(
            shapes,
            partial(gather_shape, options.renderings),
            {**POINT_LAYOUT, "pixels": ((VIEWS, VIEW_SIZE, VIEW_SIZE), np.uint8)},
            options.output.with_name(f"{options.output.name}_{side}.hdf5"),
            settings={"source": "gather", "renderings": str(options.renderings.absolute())},
            workers=options.pool,
            grids=dict.fromkeys(map("points_{}".format, QUOTAS), LATER_GRID),
        )
        for side, shapes in sides.items()
    ]
    return 2 if left_out else max(statuses)


if __name__ == "__main__":
    run_program(main)
