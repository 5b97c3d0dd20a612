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

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.parallel import WorkerFlags
from imnet.data.sizes import LATER_GRID, VIEW_SIZE
from point_sampling.make_svr_dataset import check_output
from point_sampling.splits import split_by_share

SHARE = 0.8  # of a class that trains
LEFT_OUT = "4a32519f44dc84aabafe26e2eb69ebf4"  # a rifle that the authors leave out


@dataclass(frozen=True, kw_only=True)
class Flags(WorkerFlags):
    input: Path = option(REQUIRED, "folder of the classes, ID_NAME/ID_vox256.hdf5")
    renderings: Path = option(REQUIRED, "folder of 3D-R2N2's pictures, ID/SHAPE/rendering/00.png")
    output: Path = option(REQUIRED, "FOLDER/NAME of the new sets, such as FOLDER/all_vox256_img")

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be."""
        check_output(self.output)
        for flag in ("input", "renderings"):
            if not getattr(self, flag).is_dir():
                raise UserError(f"--{flag} {getattr(self, flag)}: no such folder")


def main() -> int:
    options = parse_flags(Flags, __doc__)
    return gather(options)


def gather(options: Flags) -> int:
    """Write the training and the test set; return the exit status, 2 if a shape is left out."""
    import numpy as np  # these are not for --help

    from point_sampling.improved import QUOTAS
    from point_sampling.parts import build
    from point_sampling.rendered_classes import POINT_LAYOUT, VIEWS, find_classes, gather_shape
    from point_sampling.sources import rows_by_name

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
