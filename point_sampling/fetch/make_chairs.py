# PYTHON_ARGCOMPLETE_OK
"""Make chairs of many kinds as 64³ binvox shapes: stools, folding chairs, armchairs and others.

It needs nothing else; get_procedural.py makes chairs with infinigen. Near-duplicates are dropped.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import scipy

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.parallel import WorkerFlags
from imnet.surfaces.binvox import write_binvox
from point_sampling.fetch.chair_kinds import KINDS
from point_sampling.fetch.chair_parts import sample
from point_sampling.fetch.packed import make_set


@dataclass(frozen=True, kw_only=True)
class Flags(WorkerFlags):
    output: Path = option(
        REQUIRED, "folder for the .binvox files; FOLDER.hdf5, .txt and .csv are written beside it"
    )
    kinds: tuple[str, ...] = option(tuple(KINDS), "kinds to make, in turn", choices=tuple(KINDS))
    count: int = option(360, "shapes of all kinds together", least=1)
    seed: int = option(0, "seed of the first shape; the others count up", least=0)
    distinct_from: tuple[Path, ...] = option(
        (), "datasets FILE.hdf5: drop near-duplicates of their shapes too"
    )


def make_shape(output: Path, name: str, seed: int) -> None:
    """Write `<output>/<name>.binvox`, name being KIND_SEED, unless it is there.

    Raises UserError if the chair falls into several parts.
    """
    path = output / f"{name}.binvox"
    if path.exists():
        return
    grid = sample(KINDS[name.rsplit("_", 1)[0]](np.random.default_rng(seed)))
    if scipy.ndimage.label(grid, np.ones((3, 3, 3)))[1] > 1:
        raise UserError("it falls into several parts")
    write_binvox(path, grid)


def main() -> None:
    options = parse_flags(Flags, __doc__)
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
