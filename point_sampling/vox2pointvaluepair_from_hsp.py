"""Sample a folder of HSP's 256³ shapes (modelBlockedVoxels256/<class>/*.mat) into a dataset."""

from pathlib import Path

import numpy as np

from imnet.base.errors import run_program
from point_sampling.build import add_max_resolution, arguments, build_dataset, find_shapes
from point_sampling.hsp import read_hsp


def load(name: str, path: Path) -> np.ndarray:
    """The shape of a .mat file: bool [256, 256, 256]."""
    return read_hsp(path)


def main() -> int:
    parser = arguments(__doc__)
    add_max_resolution(parser)
    options = parser.parse_args()
    shapes = find_shapes(options.input, [".mat"])
    return build_dataset(
        shapes,
        load,
        options.output,
        seed=options.seed,
        workers=options.workers,
        max_resolution=options.max_resolution,
        settings={"source": "hsp"},
        names_file=options.output.with_name("obj_list.txt"),
        total_key="non-repeat total",
    )


if __name__ == "__main__":
    run_program(main)
