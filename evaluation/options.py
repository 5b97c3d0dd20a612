"""The flags of main.py."""

import dataclasses
import os
from dataclasses import dataclass

from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags

DESCRIPTION = (
    "Figures of meshes against true shapes (--pred, --truth), of a set of shapes against a "
    "reference set (--generated, --reference), or of an autoencoder against its dataset "
    "(--checkpoint, --dataset)."
)
MODES = (("pred", "truth"), ("generated", "reference"), ("checkpoint", "dataset"))
FRAMES = ("unit", "array")


@dataclass(frozen=True)
class Options:
    """What main.py does and with what; a field a flag."""

    pred: str | None = option(None, "folder of predicted meshes, each paired with a true shape")
    truth: str | None = option(None, "folder of true meshes of the same names, or a dataset (HDF5)")
    generated: str | None = option(None, "folder of generated meshes, compared as a set")
    reference: str | None = option(None, "folder of reference meshes, or a dataset (HDF5)")
    checkpoint: str | None = option(None, "folder or prefix of an autoencoder")
    dataset: str | None = option(None, "point-value dataset (HDF5) of the autoencoder's shapes")
    pred_frame: str = option(
        "unit",
        "units of --pred or --generated: the cube [-0.5, 0.5]³, or the array units that main.py of "
        "IMGAN and IMSVR writes (with --resolution)",
        choices=FRAMES,
    )
    truth_frame: str = option("unit", "the same of a folder of true meshes", choices=FRAMES)
    resolution: int | None = option(
        None,
        "grid that array units refer to; with --checkpoint: make meshes at it and add figures",
        least=4,
    )
    normalise: str = option(
        "none",
        "centre the true shape's box and scale its longest side (box) or diagonal to 1, the "
        "prediction by the same; each shape of a set by its own box",
        choices=("none", "box", "diagonal"),
    )
    points: int | None = option(None, "points on each surface (4096; of sets 2048)", least=1)
    samples: int | None = option(
        None,
        "how many meshes --generated should hold: programs write no file for an empty shape",
        least=1,
    )
    emd_points: int = option(
        512, "of these, points for the earth mover's distance of sets", least=1
    )
    thresholds: tuple[float, ...] = option(
        (0.01, 0.02),
        "distances of the F-score, in the frame's units",
        nargs="+",
        metavar="T",
        above=0,
    )
    lfd: bool = option(False, "also our own light-field distance (imnet/metrics/light_field.py)")
    seed: int = option(0, "decides the points", least=0)
    workers: int = option(os.cpu_count() or 1, "processes", least=1)
    csv: str | None = option(None, "write the table to this file")
    json: str | None = option(None, "write every figure and every setting to this file")

    @property
    def mode(self) -> str:
        """The first flag of the mode that was asked for: pred, generated or checkpoint."""
        return next(first for first, _ in MODES if getattr(self, first) is not None)


def parse_options(arguments: list[str] | None = None) -> Options:
    """Parse the command line. Unknown flags end the program with status 2, as argparse does.

    Raises:
        UserError: a value that cannot be, or flags that contradict each other.
    """
    options = parse_flags(Options, DESCRIPTION, arguments)
    given = [mode for mode in MODES if any(getattr(options, name) is not None for name in mode)]
    if len(given) != 1 or any(getattr(options, name) is None for name in given[0]):
        pairs = ", or ".join(f"--{first} and --{second}" for first, second in MODES)
        raise UserError(f"give {pairs}: both flags of one pair")
    points = options.points or (2048 if options.mode == "generated" else 4096)
    if "array" in (options.pred_frame, options.truth_frame) and options.resolution is None:
        raise UserError("array units need --resolution, that of the grid the meshes were made on")
    if options.samples and options.mode != "generated":
        raise UserError("--samples is of --generated: leave it out")
    if options.csv and options.csv == options.json:
        raise UserError(f"--csv {options.csv} is the file of --json too: name another")
    if options.mode == "checkpoint" and options.lfd and options.resolution is None:
        raise UserError("--lfd is of surfaces: with --checkpoint, add --resolution")
    return dataclasses.replace(options, points=points)
