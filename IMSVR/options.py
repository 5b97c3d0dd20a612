"""The flags of main.py: the original's, and one for each thing that it needed code editing for."""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags
from imnet.programs.mesh_options import MESHES, MeshOptions

DESCRIPTION = "IM-SVR: train the image encoder, reconstruct shapes of a dataset or of pictures."
BACKGROUNDS = ("auto", "white", "threshold", "grabcut")


@dataclass(frozen=True)
class Options(MeshOptions):
    """What main.py does and with what; a field a flag."""

    train: bool = option(False, "train; without it, use what was trained")
    epoch: int = option(1500, "epoch to train to: a total, training resumes below it", least=1)
    learning_rate: float = option(0.00005, "Adam's learning rate", above=0)
    half_life: float | None = option(None, "halve the learning rate every so many epochs", above=0)
    beta1: float = option(0.5, "Adam's first momentum")
    dataset: str = option(
        "02691156_hsp_vox", "name of the datasets, <data_dir>/<dataset>_train.hdf5 and _test.hdf5"
    )
    checkpoint_dir: str = option("checkpoint", "folder of the checkpoints")
    data_dir: str = option("./data", "folder of the datasets")
    pretrained_model_dir: str | None = option(
        None, "autoencoder that training starts from (<checkpoint_dir>/<dataset>_only_train_64)"
    )
    pretrained_z_dir: str | None = option(
        None, "the training shapes' codes by it (<data_dir>/<dataset>_only_train_z.hdf5)"
    )
    sample_dir: str = option("samples", "folder of meshes and pictures")

    seed: int = option(
        0, "decides the first weights, the order of each epoch and every draw", least=0
    )
    ef_dim: int | None = option(None, "width of the image encoder (new model: 64)", least=1)
    shapes_per_step: int = option(
        64, "shapes in a training step, at most as many as there are", least=1
    )
    train_views: int | None = option(
        None,
        "train on the first so many views of each shape and keep the others for tests",
        least=1,
    )
    save_interval: int = option(10, "epochs between checkpoints; the last is always saved", least=1)

    split: str = option("test", "the set to reconstruct", choices=("train", "test"))
    view: int = option(0, "which view of each shape to reconstruct from", least=0)
    start: int = option(0, "first shape to reconstruct", least=0)
    end: int = option(16, "the shape after the last one")
    all: bool = option(False, "reconstruct all shapes of the set, not --start to --end")
    interpolate: tuple[int, int] | None = option(
        None, "meshes between two shapes of the set", nargs=2, metavar=("I", "J")
    )
    steps: int = option(8, "meshes of an interpolation, both ends included", least=2)
    image: tuple[str, ...] | None = option(
        None, "reconstruct these pictures and folders of pictures", nargs="+", metavar="PATH"
    )
    background: str = option(
        "auto", "of the pictures: white, or cut out by a threshold or by GrabCut; auto looks",
        choices=BACKGROUNDS,
    )  # fmt: skip
    resolution: int = option(128, "grid of the meshes", least=4)
    level: float = option(0.6, "iso-level of the surface", group=MESHES)

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        super().__post_init__()
        if self.end <= self.start:
            raise UserError(f"--end {self.end}: must be at least {self.start + 1}")
        if sum((self.train, self.image is not None, self.interpolate is not None)) > 1:
            raise UserError("--train, --image and --interpolate exclude one another: choose one")

    @property
    def train_path(self) -> Path:
        """The training set."""
        return Path(self.data_dir) / f"{self.dataset}_train.hdf5"

    @property
    def set_path(self) -> Path:
        """The set to reconstruct."""
        return Path(self.data_dir) / f"{self.dataset}_{self.split}.hdf5"

    @property
    def model_dir(self) -> Path:
        """The image encoder's checkpoints; 128 is the side of the pictures that it takes."""
        return Path(self.checkpoint_dir) / f"{self.dataset}_128"

    @property
    def autoencoder_path(self) -> Path:
        """The autoencoder that training starts from."""
        default = Path(self.checkpoint_dir) / f"{self.dataset}_only_train_64"
        return Path(self.pretrained_model_dir or default)

    @property
    def codes_path(self) -> Path:
        """The codes of the training shapes."""
        default = Path(self.data_dir) / f"{self.dataset}_only_train_z.hdf5"
        return Path(self.pretrained_z_dir or default)


def parse_options(arguments: list[str] | None = None) -> Options:
    """Parse the command line. Raises UserError for values that cannot be or contradict others."""
    return parse_flags(Options, DESCRIPTION, arguments)
