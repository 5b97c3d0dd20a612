# PYTHON_ARGCOMPLETE_OK
"""Make chairs and tables by infinigen's procedural generators, as 64³ binvox shapes.

Infinigen and Blender's module bpy (2.2 GB) go into a Python environment of their own, which this
program makes with pip. Near-duplicates among the shapes are dropped.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imnet.base.errors import run_program
from imnet.base.files import written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.parallel import WorkerFlags

KINDS = {  # of a class, in turn
    "chair": ["chair"] * 8 + ["office_chair", "bar_chair"],
    "armchair": ["arm_chair"] * 3 + ["sofa"],
    "table": ["dining_table", "coffee_table"] * 4 + ["side_table", "cocktail_table"],
}
ATTRIBUTION = """# Attribution

These 64³ grids were made by `get_procedural.py` with infinigen 1.15.5 (<https://infinigen.org>),
copyright (C) 2023 Princeton University, BSD 3-Clause licence. Changes made: turned, centred,
scaled, voxelized, filled; armchairs and sofas have no foot rest. Each CSV file names the factory
and the seed of every shape that was made, and says which were dropped. The set `chair_kinds` is not
of infinigen: `make_chairs.py` made it. Please cite in publications:

- Alexander Raistrick et al., Infinigen Indoors: Photorealistic Indoor Scenes using Procedural
  Generation. CVPR 2024.
- Alexander Raistrick et al., Infinite Photorealistic Worlds using Procedural Generation. CVPR 2023.
"""


@dataclass(frozen=True, kw_only=True)
class Flags(WorkerFlags):
    output: Path = option(REQUIRED, "folder for the .binvox files")
    classes: tuple[str, ...] = option(("chair", "table"), "classes to make", choices=tuple(KINDS))
    count: int = option(1000, "shapes of each class", least=1)
    seed: int = option(0, "infinigen's seed of the first shape; the others count up", least=0)
    distinct_from: tuple[Path, ...] = option(
        (), "folders with <class>.hdf5, or datasets: drop near-duplicates of their shapes too"
    )
    environment: Path = option(
        Path("~/.cache/infinigen-environment"),
        "folder of infinigen's Python environment, made if it is missing",
    )


def main() -> None:
    options = parse_flags(Flags, __doc__)
    make_classes(options)


def make_classes(options: Flags) -> None:
    """Make the files of all classes, and the attribution."""
    from point_sampling.fetch.infinigen_shapes import FACTORIES, make_environment, make_shape
    from point_sampling.fetch.packed import make_set  # these are not for --help

    python = make_environment(options.environment.expanduser())
    for name in options.classes:
        made = make_set(
            partial(make_shape, python, options.output / name),
            options.output / name,
            KINDS[name],
            FACTORIES,
            count=options.count,
            seed=options.seed,
            workers=options.pool,
            distinct_from=options.distinct_from,
        )
        print(made)
    with written_whole(options.output / "ATTRIBUTION.md") as beside:
        beside.write_text(ATTRIBUTION, encoding="utf-8")


if __name__ == "__main__":
    run_program(main)
