# PYTHON_ARGCOMPLETE_OK
"""Sample a folder of 64³ binvox shapes, or the voxels of a dataset, into a point-value dataset."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imnet.base.errors import run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from point_sampling.sampler_flags import ExchangeFlags, SamplerFlags


@dataclass(frozen=True, kw_only=True)
class Flags(ExchangeFlags, SamplerFlags):
    input: Path = option(
        REQUIRED, "folder of binvox files, searched recursively, or a dataset FILE.hdf5"
    )


def main() -> int:
    options = parse_flags(Flags, __doc__)
    return sample(options)


def sample(options: Flags) -> int:
    """Sample all shapes; return the exit status, see `build_dataset`."""
    from point_sampling.binvox_solids import load_with_remark  # these are not for --help
    from point_sampling.build import build_dataset
    from point_sampling.sources import DATASET, find_shapes, load_copy, state_of

    suffixes = [".binvox", DATASET]
    more = {"copies": options.augment, "exchanges": options.exchange}
    shapes = find_shapes(options.input, suffixes, **more, load=load_with_remark)
    return build_dataset(
        shapes,
        partial(load_copy, load_with_remark) if any(more.values()) else load_with_remark,
        options.output,
        seed=options.seed,
        workers=options.pool,
        improved=options.improved,
        settings={"source": "binvox"} | ({"of": state_of(shapes)} if options.exchange else {}),
    )


if __name__ == "__main__":
    run_program(main)
