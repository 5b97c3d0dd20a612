# PYTHON_ARGCOMPLETE_OK
"""Make chairs of many kinds as 64³ binvox shapes: stools, folding chairs, armchairs and others.

It needs nothing else; get_procedural.py makes chairs with infinigen. Near-duplicates are dropped.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.parallel import WorkerFlags

KINDS = (  # the functions of chair_kinds.py
    *("stool", "side_chair", "open_armchair", "cantilever_chair", "folding_chair", "high_chair"),
    *("rocking_chair", "club_chair", "wing_chair", "tub_chair", "lounge_chair", "desk_chair"),
)


@dataclass(frozen=True, kw_only=True)
class Flags(WorkerFlags):
    output: Path = option(
        REQUIRED, "folder for the .binvox files; FOLDER.hdf5, .txt and .csv are written beside it"
    )
    kinds: tuple[str, ...] = option(KINDS, "kinds to make, in turn", choices=KINDS)
    count: int = option(360, "shapes of all kinds together", least=1)
    seed: int = option(0, "seed of the first shape; the others count up", least=0)
    distinct_from: tuple[Path, ...] = option(
        (), "datasets FILE.hdf5: drop near-duplicates of their shapes too"
    )


def make_shape(output: Path, name: str, seed: int) -> None:
    """Write `<output>/<name>.binvox`, name being KIND_SEED, unless it is there.

    Raises UserError if the chair falls into several parts.
    """
    import numpy as np  # these are not for --help
    import scipy

    from imnet.surfaces.binvox import write_binvox
    from point_sampling.fetch import chair_kinds
    from point_sampling.fetch.chair_parts import sample

    path = output / f"{name}.binvox"
    if path.exists():
        return
    make = getattr(chair_kinds, name.rsplit("_", 1)[0])
    grid = sample(make(np.random.default_rng(seed)))
    if scipy.ndimage.label(grid, np.ones((3, 3, 3)))[1] > 1:
        raise UserError("it falls into several parts")
    write_binvox(path, grid)


def main() -> None:
    options = parse_flags(Flags, __doc__)
    from point_sampling.fetch.packed import make_set  # not for --help

    print(
        make_set(
            partial(make_shape, options.output),
            options.output,
            list(options.kinds),
            {kind: kind for kind in KINDS},
            count=options.count,
            seed=options.seed,
            workers=options.pool,
            distinct_from=options.distinct_from,
        )
    )


if __name__ == "__main__":
    run_program(main)
