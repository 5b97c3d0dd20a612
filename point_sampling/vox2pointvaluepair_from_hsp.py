# PYTHON_ARGCOMPLETE_OK
"""Sample a folder of HSP's 256³ shapes (modelBlockedVoxels256/<class>/*.mat) into a dataset."""

from functools import partial

from imnet.base.errors import run_program
from imnet.base.flags import parse_flags
from point_sampling.sampler_flags import FineSamplerFlags


def main() -> int:
    options = parse_flags(FineSamplerFlags, __doc__)
    return sample(options)


def sample(options: FineSamplerFlags) -> int:
    """Sample all shapes; return the exit status, see `build_dataset`."""
    from point_sampling.build import build_dataset  # these are not for --help
    from point_sampling.hsp import load
    from point_sampling.sources import find_shapes, load_copy

    shapes = find_shapes(options.input, [".mat"], options.augment)
    return build_dataset(
        shapes,
        partial(load_copy, load) if options.augment else load,
        options.output,
        seed=options.seed,
        workers=options.pool,
        improved=options.improved,
        max_resolution=options.max_resolution,
        settings={"source": "hsp"},
        names_file=None if options.improved else options.output.with_name("obj_list.txt"),
        total_key="non-repeat total",
    )


if __name__ == "__main__":
    run_program(main)
