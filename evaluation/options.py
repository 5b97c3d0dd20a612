"""The flags of main.py."""

import dataclasses
from dataclasses import dataclass

from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags
from imnet.base.parallel import WorkerFlags

DESCRIPTION = (
    "Figures of meshes against true shapes (--pred, --truth), of a set of shapes against a "
    "reference set (--generated, --reference), or of an autoencoder against its dataset "
    "(--checkpoint, --dataset)."
)
MODES = (("pred", "truth"), ("generated", "reference"), ("checkpoint", "dataset"))
FRAMES = ("unit", "array")


@dataclass(frozen=True, kw_only=True)
class Options(WorkerFlags):
    """The flags of main.py."""

    pred: str | None = option(None, "folder of predicted meshes, each paired with a true shape")
    truth: str | None = option(None, "folder of true meshes of the same names, or a dataset (HDF5)")
    generated: str | None = option(None, "folder of generated meshes, compared as a set")
    reference: str | None = option(None, "folder of reference meshes, or a dataset (HDF5)")
    checkpoint: str | None = option(
        None, "an autoencoder: a folder of checkpoints, a prefix or a .pth file", also="model"
    )
    dataset: str | None = option(None, "point-value dataset (HDF5) of the autoencoder's shapes")
    fit: bool = option(
        False, "with --checkpoint: codes fitted to the shapes, beside the encoder's own figures"
    )
    prefix: str | None = option(
        None,
        "of --pred or --generated: only the meshes called by it and a number, such as "
        "reconstruction, out or interpolation of main.py of IMGAN",
    )
    pred_frame: str | None = option(
        None,
        "units of --pred or --generated: the cube [-0.5, 0.5]³, or the array units that main.py of "
        "IMGAN and IMSVR writes (with --resolution); found by names.csv or the boxes of the meshes",
        choices=FRAMES,
    )
    truth_frame: str | None = option(
        None, "units of a folder of true meshes, which are found likewise", choices=FRAMES
    )
    resolution: int | None = option(
        None,
        "grid of the array units; with --checkpoint: make meshes at it and add their figures",
        least=4,
    )
    normalise: str = option(
        "none",
        "centre the true shape's box and scale its longest side (box) or diagonal to 1, and move "
        "the prediction by the same; each shape of a set is moved by its own box",
        choices=("none", "box", "diagonal"),
    )
    points: int | None = option(None, "points on each surface (4096; of sets 2048)", least=1)
    samples: int | None = option(
        None,
        "how many meshes were made for --generated: an empty shape leaves no file",
        least=1,
    )
    emd_points: int = option(
        512, "how many of the points the earth mover's distance of sets takes", least=1
    )
    thresholds: tuple[float, ...] = option(
        (0.01, 0.02), "distances of the F-score, in the frame's units", metavar="T", above=0
    )
    lfd: bool = option(False, "add our own light-field distance (imnet/metrics/light_field.py)")
    seed: int = option(0, "decides the points", least=0)
    csv: str | None = option(None, "write the table to this file")
    json: str | None = option(None, "write every figure and every setting to this file")

    def __post_init__(self) -> None:
        """Raise UserError for flags that contradict each other."""
        given = [mode for mode in MODES if any(getattr(self, name) is not None for name in mode)]
        if len(given) != 1 or any(getattr(self, name) is None for name in given[0]):
            pairs = ", or ".join(f"--{first} and --{second}" for first, second in MODES)
            raise UserError(f"give {pairs}: both flags of one pair")
        if "array" in (self.pred_frame, self.truth_frame) and self.resolution is None:
            raise UserError("array units need --resolution: of the grid the meshes were made on")
        if self.prefix is not None and self.mode == "checkpoint":
            raise UserError("--prefix goes with --pred or --generated: leave it out")
        if self.samples and self.mode != "generated":
            raise UserError("--samples goes with --generated: leave it out")
        if self.csv and self.csv == self.json:
            raise UserError(f"--csv {self.csv} is the file of --json too: name another")
        if self.fit and self.mode != "checkpoint":
            raise UserError("--fit goes with --checkpoint: leave it out")
        if self.mode == "checkpoint" and self.lfd and self.resolution is None:
            raise UserError("--lfd compares surfaces: with --checkpoint, add --resolution")

    @property
    def mode(self) -> str:
        """The first flag of the pair that was given: pred, generated or checkpoint."""
        return next(first for first, _ in MODES if getattr(self, first) is not None)


def parse_options(arguments: list[str] | None = None) -> Options:
    """Parse the command line.

    Raises:
        UserError: a value that cannot be, or flags that contradict each other.
    """
    options = parse_flags(Options, DESCRIPTION, arguments)
    points = options.points or (2048 if options.mode == "generated" else 4096)
    return dataclasses.replace(options, points=points)
