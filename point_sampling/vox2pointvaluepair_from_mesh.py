# PYTHON_ARGCOMPLETE_OK
"""Sample a folder of meshes (OBJ PLY STL OFF GLB glTF DAE), open ones too, into a dataset."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imnet.base.errors import run_program
from imnet.base.flags import option, parse_flags
from point_sampling.sampler_flags import AxesFlags, FineSamplerFlags


@dataclass(frozen=True, kw_only=True)
class Flags(AxesFlags, FineSamplerFlags):
    binvox: Path | None = option(None, "folder to write the 64³ grids to, as binvox")


def main() -> int:
    options = parse_flags(Flags, __doc__)
    return sample(options)


def sample(options: Flags) -> int:
    """Sample all shapes; return the exit status, see `build_dataset`."""
    from imnet.surfaces.reading import MESH_SUFFIXES, contradictions  # these are not for --help
    from imnet.surfaces.voxelize import axes_to_shapenet
    from point_sampling.build import build_dataset
    from point_sampling.mesh_solids import load
    from point_sampling.sources import find_shapes

    rotation = axes_to_shapenet(options.up, options.front)
    shapes = find_shapes(options.input, MESH_SUFFIXES, options.augment)
    for line in contradictions((path for _, path in shapes), options.up):
        print(f"note: {line}", file=sys.stderr)
    return build_dataset(
        shapes,
        partial(load, rotation, options.binvox, copies=options.augment > 0),
        options.output,
        seed=options.seed,
        workers=options.pool,
        improved=options.improved,
        max_resolution=options.max_resolution,
        framed=True,
        settings={
            "source": "mesh",
            "up": options.up,
            "front": options.front,
            "binvox": str(options.binvox and options.binvox.absolute()),
        },
    )


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
