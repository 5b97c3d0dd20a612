"""The flags of main.py: the original's, and one for each thing that it needed code editing for."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags, refuse
from imnet.data.sizes import IMAGE_ENCODER_WIDTH, LATER_RESOLUTION, SAMPLE_RESOLUTION
from imnet.programs.training_options import FORMER, TRAINING, TrainingOptions
from imnet.programs.versions import MODES, VersionOptions

DESCRIPTION = "IM-SVR: train the image encoder, reconstruct shapes of a dataset or of pictures."
BACKGROUNDS = ("auto", "white", "threshold", "grabcut")

EXAMPLES = {
    "shapes from pictures, by the shipped weights": "python main.py "
    "--model pretrained/chairs_128 --image chair.jpg more_photos/",
    "fitted to the silhouettes of pictures": "python main.py --model pretrained/chairs_128 "
    "--image pictures --fit",
    "one shape from a folder of pictures of it": "python main.py --model pretrained/chairs_128 "
    "--image my_chair/ --together --fit",
    "train": "python main.py --train --epoch 1500 --dataset chair_vox "
    "--pretrained_model_dir ../IMGAN/checkpoint/chair_vox_only_train_64",
    "reconstruct the first 16 test shapes": "python main.py --dataset chair_vox",
    "from one test shape to another": "python main.py --dataset chair_vox --interpolate 0 1",
    "the networks for other programs": "python main.py --dataset chair_vox --export chair.onnx",
}
NEW, SHAPES = "new networks", "shapes to make"  # headings in --help
# `option` under each heading
mode = partial(option, group=MODES)
training = partial(option, group=TRAINING)
making = partial(option, group=SHAPES)
new = partial(option, group=NEW)


@dataclass(frozen=True)
class Options(VersionOptions, TrainingOptions):
    """What main.py does and with what; a field a flag."""

    train: bool = mode(False, "train; without it, use what was trained")
    svr: bool = mode(False, "nothing: the PyTorch port's commands name this program so")
    epoch: int | None = training(
        None,
        "epoch to train to: a total, training resumes below it (original 1500, improved 10000, "
        "pytorch 1000)",
        least=1,
    )
    pretrained_model_dir: str | None = training(
        None,
        "autoencoder that training starts from (<checkpoint_dir>/<dataset>_only_train_64, improved "
        "<dataset>_64, pytorch <dataset>_ae_64)",
    )
    pretrained_z_dir: str | None = training(
        None,
        "the training shapes' codes by it (<data_dir>/<dataset>_only_train_z.hdf5, improved "
        "<dataset>_z.hdf5, pytorch <checkpoint_dir>/<dataset>_ae_64/<dataset>_train_z.hdf5)",
    )
    sample_dir: str = making("samples", "folder of meshes and pictures")
    ef_dim: int | None = new(
        None, f"width of the image encoder (new model: {IMAGE_ENCODER_WIDTH})", least=1
    )
    shapes_per_step: int = training(
        64, "shapes in a training step, at most as many as there are", least=1
    )
    train_views: int | None = training(
        None,
        "train on the first so many views of each shape and keep the others for tests",
        least=1,
    )
    save_interval: int | None = training(
        None, "epochs between checkpoints (10, pytorch 100); the last is always saved", least=1
    )

    split: str = making("test", "the set to reconstruct", choices=("train", "test"))
    view: int | None = making(
        None, "which view of each shape to reconstruct from (0, pytorch the last one)", least=0
    )
    start: int = making(0, "first shape to reconstruct", least=0)
    end: int | None = making(None, "the shape after the last one (start + 16)")
    all: bool = making(False, "reconstruct all shapes of the set, not --start to --end")
    interpolate: tuple[int, int] | None = mode(
        None, "meshes between two shapes of the set", nargs=2, metavar=("I", "J")
    )
    steps: int = making(8, "meshes of an interpolation, both ends included", least=2)
    image: tuple[str, ...] | None = mode(
        None, "reconstruct these pictures and folders of pictures", nargs="+", metavar="PATH"
    )
    together: bool = mode(
        False, "one shape from all pictures of a folder of --image, named after the folder"
    )
    fit: bool = mode(
        False,
        "move the codes until the silhouettes of the shapes agree with the pictures' (seconds a "
        "picture)",
    )
    ten_crops: bool = making(
        False,
        "take the mean code of ten crops of each picture, not that of its middle: a little closer",
    )
    background: str = making(
        "auto", "of the pictures: white, cut out by a threshold or by GrabCut; auto: by the border",
        choices=BACKGROUNDS)  # fmt: skip
    resolution: int | None = making(
        None,
        f"grid of the meshes (original {SAMPLE_RESOLUTION}, later versions {LATER_RESOLUTION})",
        least=4,
    )

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        super().__post_init__()
        if self.end is not None and self.end <= self.start:
            raise UserError(f"--end {self.end}: must be at least {self.start + 1}")
        if self.all:
            refuse(self, "--all", "start", "end")
        for mode in ("train", "image", "interpolate"):
            if getattr(self, mode):
                refuse(self, f"--{mode}", "all", "start", "end")
        named = (self.image, self.interpolate, self.export)
        if self.train + sum(value is not None for value in named) > 1:
            raise UserError(
                "--train, --image, --interpolate and --export exclude one another: choose one"
            )
        for flag in ("fit", "ten_crops"):
            if getattr(self, flag) and self.mode in ("train", "export"):
                raise UserError(f"--{flag} means nothing with --{self.mode}: leave it out")
        if self.together and self.image is None:
            raise UserError("--together is of folders of pictures: name them with --image")
        self.check_training("--train")

    @property
    def mode(self) -> str:
        """What to do: "train", "export", "image", "interpolate", or "" for the set's shapes."""
        modes = ("train", "export", "image", "interpolate")
        return next((m for m in modes if getattr(self, m) not in (None, False)), "")

    @property
    def of_port(self) -> bool:
        """Whether a flag is given that the PyTorch port alone has."""
        return self.svr

    @property
    def distributes(self) -> bool:
        """Whether the program trains a network whose steps can be split."""
        return self.train

    @property
    def sizes(self) -> dict[str, int | str | None]:
        """The variant and the width that are wanted; None for any."""
        return {"variant": self.variant, "ef_dim": self.ef_dim}

    @property
    def train_path(self) -> Path:
        """The training set."""
        return self.dataset_path("_train")

    @property
    def set_path(self) -> Path:
        """The set to reconstruct."""
        return self.dataset_path(f"_{self.split}")

    @property
    def model_dir(self) -> Path:
        """The image encoder's checkpoints, or the one that `--model` names."""
        return Path(self.model) if self.model else self.folder("image_encoder", self.dataset)

    @property
    def autoencoder_path(self) -> Path:
        """The autoencoder that training starts from."""
        return Path(self.pretrained_model_dir or self.folder("autoencoder", self._teacher))

    @property
    def codes_path(self) -> Path:
        """The codes of the training shapes."""
        return Path(self.pretrained_z_dir or self.place(self.version.codes, self._teacher))

    @property
    def _teacher(self) -> str:
        return f"{self.dataset}{self.version.teacher}"


def parse_options(arguments: list[str] | None = None) -> Options:
    """Parse the command line. Raises UserError for values that cannot be or contradict others."""
    ae = "the autoencoder has a program of its own: type these flags in the folder IMGAN"
    return parse_flags(Options, DESCRIPTION, arguments, EXAMPLES, {**FORMER, "ae": ae, "getz": ae})
