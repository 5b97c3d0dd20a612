"""The flags of main.py: the original's, and one for each thing that it needed code editing for."""

from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from IMGAN.fit_options import FitOptions
from IMGAN.recipes import RecipeOptions
from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags, refuse
from imnet.data.sizes import (
    CLOUD_POINTS,
    DECODER_WIDTH,
    GAN_WIDTH,
    LATER_RESOLUTION,
    LATER_Z_DIM,
    SAMPLE_RESOLUTION,
    VOXEL_ENCODER_WIDTH,
    VOXEL_RESOLUTION,
    Z_DIM,
)
from imnet.programs.places import gan_beside, gan_of
from imnet.programs.training_options import FORMER, TRAINING, TrainingOptions
from imnet.programs.versions import FILES, MODES, VERSIONS, VersionOptions

MOST_SAMPLES = 1_000_000  # that are drawn at once
DESCRIPTION = "IM-AE (--ae) and IM-GAN: train, extract codes, reconstruct, sample."

EXAMPLES = {
    "train the autoencoder at 16³ (then 32³ and 64³)": "python main.py --ae --train --epoch 50 "
    "--real_size 16 --batch_size_input 4096 --dataset chair_vox",
    "train on with other shapes, from the shipped chairs": "python main.py --ae --train "
    "--start_from pretrained/chairs_64 --dataset table_vox --learning_rate 0.001 --epoch 100",
    "learn 1 to 20 shapes of your own, in minutes": "python main.py --ae --train --recipe few "
    "--dataset my_vox",
    "extract the codes of its shapes": "python main.py --ae --dataset chair_vox",
    "train the latent GAN on them": "python main.py --train --epoch 10000 --dataset chair_vox",
    "16 samples": "python main.py --dataset chair_vox",
    "samples of the shipped chairs": "python main.py --model pretrained/chairs_64",
    "reconstruct shapes": "python main.py --ae --reconstruct --dataset chair_vox",
    "closer, with codes fitted to the shapes": "python main.py --ae --reconstruct --fit "
    "--dataset chair_vox",
    "shapes from files, scans too": "python main.py --ae --fit chair.ply scan.xyz "
    "--model pretrained/chairs_64",
    "from shape to shape": "python main.py --ae --interpolate 0 2 --dataset chair_vox",
    "from sample to sample": "python main.py --interpolate 0 3 --dataset chair_vox",
    "the autoencoder for other programs": "python main.py --ae --export chair.onnx "
    "--dataset chair_vox",
}
NEW, SHAPES = "new networks", "shapes to make"  # headings in --help
# `option` under each heading
mode = partial(option, group=MODES)
new = partial(option, group=NEW)
training = partial(option, group=TRAINING)
making = partial(option, group=SHAPES)
files = partial(option, group=FILES)


@dataclass(frozen=True)
class Options(RecipeOptions, VersionOptions, FitOptions, TrainingOptions):
    """What main.py does and with what; a field a flag."""

    train: bool = mode(False, "train; without it, use what was trained")
    ae: bool = mode(False, "the autoencoder; without it, the latent GAN")
    decoder: str = new(
        "implicit", "of the autoencoder: implicit, or the paper's baseline (CNN-AE, CNN-GAN)",
        choices=("implicit", "cnn"))  # fmt: skip
    epoch: int = training(10000, "epoch to train to: a total, training resumes below it", least=1)
    real_size: int = training(64, "resolution of the points to train on")
    sample_vox_size: int | None = training(None, "--real_size as the PyTorch port calls it")
    batch_size_input: int | None = training(
        None, "points stored for each shape at real_size (original 32768, improved 16384)", least=1
    )
    sample_dir: str = making("samples", "folder of meshes and pictures")
    z_dim: int | None = new(
        None, f"width of the codes (new model: {Z_DIM}, later versions {LATER_Z_DIM})", least=1
    )
    ef_dim: int | None = new(
        None, f"width of the encoder (new model: {VOXEL_ENCODER_WIDTH})", least=1
    )
    gf_dim: int | None = new(None, f"width of the decoder (new model: {DECODER_WIDTH})", least=1)
    width: int | None = new(
        None, f"width of the latent GAN's hidden layers (new GAN: {GAN_WIDTH})", least=1
    )
    norm: str | None = new(
        None,
        "norm of the encoder (new model: batch, later versions instance)",
        choices=("batch", "instance"),
    )
    shapes_per_step: int | None = training(
        None, "shapes in a step of the autoencoder (implicit 1, cnn and pytorch 32)", least=1
    )
    points_per_step: int | None = training(
        None,
        "take so many of a shape's points at random once an epoch; without it, all in order",
        least=1,
    )
    sheet_interval: int = training(
        20,
        "epochs between the sheets and histograms of --ae in TensorBoard; those of the latent GAN "
        "come with its checkpoints",
        least=1,
    )
    save_interval: int | None = training(
        None,
        "epochs between checkpoints (--ae 1, latent GAN 1000); the last is always saved",
        least=1,
    )

    gan: str | None = files(
        None,
        "the latent GAN by its place, as --model (beside the autoencoder, <name>_z_<z>_<z>)",
        metavar="PATH",
    )
    getz: bool = mode(False, "with --ae: extract codes, which --ae alone does too")
    reconstruct: bool = mode(
        False, "with --ae: meshes of the shapes --start to --end; --start or --end means it too"
    )
    start: int | None = making(None, "first shape to --reconstruct (0)", least=0)
    end: int | None = making(None, "the shape after the last one (start + 16)")
    interpolate: tuple[int, int] | None = mode(
        None,
        "meshes between two shapes (--ae) or two samples",
        nargs=2,
        metavar=("I", "J"),
        most=MOST_SAMPLES,
    )
    steps: int = making(8, "meshes of an interpolation, both ends included", least=2)
    samples: int = making(16, "samples to draw from the latent GAN", least=1, most=MOST_SAMPLES)
    whole: bool = making(
        False,
        "of the latent GAN, only codes whose surface at 64³ is in one part: learn from these, "
        "crumbs allowed, or draw until there are so many, without any crumb",
    )
    resolution: int | None = making(
        None,
        f"grid of the meshes (--ae {VOXEL_RESOLUTION}, latent GAN {SAMPLE_RESOLUTION}, later "
        f"versions {LATER_RESOLUTION})",
        least=4,
    )
    original_frame: bool = making(
        False,
        "of --reconstruct, in place of --units: the units, axes and place of the meshes that the "
        "dataset was sampled from",
    )
    point_clouds: bool = making(
        False,
        f"also write {CLOUD_POINTS} of the vertices of each mesh as HDF5, as the original does",
    )
    surface_points: int | None = making(
        None, "also write so many points on each surface, uniform by area, with normals", least=1
    )
    save_codes: str | None = making(None, "write the codes of the meshes to this HDF5 file")
    codes: str | None = making(None, "take the codes from this HDF5 file, not from the GAN")
    kept: bool = making(
        False, "of --codes, only those whose picture <t>_1t.png is still in sample_dir"
    )

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        super().__post_init__()
        if self.sample_vox_size is not None:
            refuse(self, "--sample_vox_size", "real_size")
        first, last = self.shape_range
        if last <= first:
            raise UserError(f"--end {last}: must be at least {first + 1}")
        named = (self.interpolate is not None, self.export is not None)
        if sum((self.train, self.getz, self.reconstruct, *named)) > 1:
            raise UserError(
                "--train, --getz, --reconstruct, --interpolate and --export exclude one another: "
                "choose one"
            )
        if self.fit is not None and (self.train or self.export is not None):
            mode = "--train" if self.train else "--export"
            raise UserError(f"--fit means nothing with {mode}: leave it out")
        for name in ("getz", "reconstruct", "fit", "export", "start", "end"):
            if getattr(self, name) not in (None, False) and not self.ae:
                raise UserError(f"--{name} is of the autoencoder: add --ae")
        if self.codes and (self.ae or self.train):
            raise UserError("--codes replaces the latent GAN's samples: leave out --ae and --train")
        if self.original_frame and self.mode != "reconstruct":
            raise UserError(
                "--original_frame is of shapes that were sampled: add --ae --reconstruct"
            )
        self.check_recipe()
        if self.gan and (self.ae or self.codes) and not self.fits_files:
            refuse(self, "--ae" if self.ae else "--codes", "gan")
        for mode in ("ae", "train", "codes", "interpolate"):
            if getattr(self, mode):
                refuse(self, f"--{mode}", "samples")
        for mode in ("ae", "codes"):
            if getattr(self, mode):
                refuse(self, f"--{mode}", "whole")
        if self.kept and not self.codes:
            raise UserError("--kept chooses among codes: name their file with --codes")
        self.check_training("--ae --train")
        self.check_fit()
        if self.decoder == "cnn":
            self._check_cnn()

    def _check_cnn(self) -> None:
        """Raise UserError for flags that say nothing to a decoder of 64³ voxels."""
        if self.variant not in (None, "original"):
            raise UserError(f"--decoder cnn is of the original: leave out --variant {self.variant}")
        if (self.sample_vox_size or self.real_size) != 64 or self.resolution not in (None, 64):
            raise UserError("--decoder cnn gives 64³ voxels: no other --real_size or --resolution")
        defaults = {field.name: field.default for field in fields(self)}
        of_points = ("gf_dim", "points_per_step", "encoder_epochs", "loss", "from_voxels")
        for name in (*of_points, "stride", "fit"):
            if getattr(self, name) != defaults[name]:
                raise UserError(
                    f"--{name} is of the implicit decoder: leave it out with --decoder cnn"
                )
        if self.export and self.export.endswith(".pth"):
            raise UserError(
                f"--export {self.export}: the PyTorch port has no CNN decoder; export .onnx"
            )
        if self.refine:
            raise UserError("--refine needs a field between the voxels: leave out --decoder cnn")

    @property
    def of_port(self) -> bool:
        """Whether a flag is given that the PyTorch port alone has."""
        return self.sample_vox_size is not None or self.getz

    @property
    def distributes(self) -> bool:
        """Whether the program trains a network whose steps can be split."""
        return self.ae and self.train

    @property
    def shape_range(self) -> tuple[int, int]:
        """The first shape to reconstruct, and the one after the last."""
        start = self.start or 0
        return start, start + 16 if self.end is None else self.end

    @property
    def mode(self) -> str:
        """What to do: "train", "export", "getz", "interpolate", "reconstruct", "fit" or "".

        "" is to extract codes, or to sample. The PyTorch port asks for reconstructions by --start
        or --end.
        """
        if self.fits_files:
            return "fit"
        for mode in ("train", "export", "getz", "interpolate", "reconstruct"):
            if getattr(self, mode) not in (None, False):
                return mode
        ranged = self.start is not None or self.end is not None
        return "reconstruct" if ranged else ""

    @property
    def sizes(self) -> dict[str, int | str | None]:
        """The autoencoder's variant, widths and norm that are wanted; None for any."""
        names = ("z_dim", "ef_dim", "gf_dim", "norm")
        sizes = {name: getattr(self, name) for name in names}
        return sizes if self.decoder == "cnn" else {"variant": self.variant, **sizes}

    @property
    def training_path(self) -> Path:
        """The dataset to learn from."""
        return self.dataset_path(self.version.training_set)

    @property
    def test_path(self) -> Path:
        """The dataset to reconstruct."""
        return self.dataset_path(self.version.test_set)

    @property
    def codes_path(self) -> Path:
        """The codes of the training shapes."""
        return self.place(self.version.codes, self.trained_name)

    @property
    def autoencoder_dir(self) -> Path:
        """The autoencoder's checkpoints, or the one that `--model` names."""
        return Path(self.model) if self.model else self.folder("autoencoder", self.trained_name)

    @property
    def autoencoder_dirs(self) -> list[Path]:
        """Where each version would keep the autoencoder of this name."""
        templates = {version.autoencoder for version in VERSIONS.values()}
        return sorted(self.place(template, self.trained_name) for template in templates)

    @property
    def trained_name(self) -> str:
        """What checkpoints and codes are named after: the dataset, and the decoder if another."""
        return self.dataset if self.decoder == "implicit" else f"{self.dataset}_{self.decoder}"

    def gan_dir(self, z_dim: int) -> Path:
        """The latent GAN's checkpoints for codes of z_dim: beside `--model`, by its name, too."""
        if self.gan:
            return Path(self.gan)
        if self.model:
            return gan_beside(self.model, z_dim)
        return gan_of(self.checkpoint_dir, self.trained_name, z_dim)


def parse_options(arguments: list[str] | None = None) -> Options:
    """Parse the command line. Raises UserError for values that cannot be or contradict others."""
    svr = "the image encoder has a program of its own: type the other flags in the folder IMSVR"
    return parse_flags(Options, DESCRIPTION, arguments, EXAMPLES, {**FORMER, "svr": svr})
