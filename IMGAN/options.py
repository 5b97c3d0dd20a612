"""The flags of main.py: the original's, and one for each thing that it needed code editing for."""

from dataclasses import dataclass
from pathlib import Path

from IMGAN.fit_options import FitOptions
from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags, refuse
from imnet.programs.places import gan_beside, gan_of
from imnet.programs.training_options import FORMER, TRAINING, TrainingOptions
from imnet.programs.versions import FILES, MODES, VersionOptions

DESCRIPTION = "IM-AE (--ae) and IM-GAN: train, extract codes, reconstruct, sample."

EXAMPLES = {
    "train the autoencoder at 16³ (then 32³ and 64³)": "python main.py --ae --train --epoch 50 "
    "--real_size 16 --batch_size_input 4096 --dataset chair_vox",
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


@dataclass(frozen=True)
class Options(VersionOptions, FitOptions, TrainingOptions):
    """What main.py does and with what; a field a flag."""

    train: bool = option(False, "train; without it, use what was trained", group=MODES)
    ae: bool = option(False, "the autoencoder; without it, the latent GAN", group=MODES)
    decoder: str = option(
        "implicit", "of the autoencoder: implicit, or the paper's baseline (CNN-AE, CNN-GAN)",
        choices=("implicit", "cnn"), group=NEW)  # fmt: skip
    epoch: int = option(
        10000, "epoch to train to: a total, training resumes below it", least=1, group=TRAINING
    )
    real_size: int = option(64, "resolution of the points to train on", group=TRAINING)
    sample_vox_size: int | None = option(
        None, "--real_size as the PyTorch port calls it", group=TRAINING
    )
    batch_size_input: int | None = option(
        None,
        "points stored for each shape at real_size (original 32768, improved 16384)",
        least=1,
        group=TRAINING,
    )
    sample_dir: str = option("samples", "folder of meshes and pictures", group=SHAPES)
    z_dim: int | None = option(
        None, "width of the codes (new model: 128, later versions 256)", least=1, group=NEW
    )
    ef_dim: int | None = option(None, "width of the encoder (new model: 32)", least=1, group=NEW)
    gf_dim: int | None = option(None, "width of the decoder (new model: 128)", least=1, group=NEW)
    width: int | None = option(
        None, "width of the latent GAN's hidden layers (new GAN: 2048)", least=1, group=NEW
    )
    norm: str | None = option(
        None,
        "norm of the encoder (new model: batch, later versions instance)",
        choices=("batch", "instance"),
        group=NEW,
    )
    shapes_per_step: int | None = option(
        None,
        "shapes in a step of the autoencoder (implicit 1, cnn and pytorch 32)",
        least=1,
        group=TRAINING,
    )
    points_per_step: int | None = option(
        None,
        "take so many of a shape's points at random once an epoch; without it, all in order",
        least=1,
        group=TRAINING,
    )
    sheet_interval: int = option(
        20,
        "epochs between the sheets and histograms of --ae in TensorBoard; those of the latent GAN "
        "come with its checkpoints",
        least=1,
        group=TRAINING,
    )
    save_interval: int | None = option(
        None,
        "epochs between checkpoints (--ae 1, latent GAN 1000); the last is always saved",
        least=1,
        group=TRAINING,
    )

    gan: str | None = option(
        None,
        "the latent GAN by its place, as --model (beside the autoencoder, <name>_z_<z>_<z>)",
        metavar="PATH",
        group=FILES,
    )
    getz: bool = option(False, "with --ae: extract codes, which --ae alone does too", group=MODES)
    reconstruct: bool = option(
        False,
        "with --ae: meshes of the shapes --start to --end; --start or --end means it too",
        group=MODES,
    )
    start: int | None = option(None, "first shape to --reconstruct (0)", least=0, group=SHAPES)
    end: int | None = option(None, "the shape after the last one (start + 16)", group=SHAPES)
    interpolate: tuple[int, int] | None = option(
        None,
        "meshes between two shapes (--ae) or two samples",
        nargs=2,
        metavar=("I", "J"),
        group=MODES,
    )
    steps: int = option(8, "meshes of an interpolation, both ends included", least=2, group=SHAPES)
    samples: int = option(16, "samples to draw from the latent GAN", least=1, group=SHAPES)
    resolution: int | None = option(
        None,
        "grid of the meshes (--ae 64, latent GAN 128, later versions 256)",
        least=4,
        group=SHAPES,
    )
    point_clouds: bool = option(
        False,
        "also write 2048 of the vertices of each mesh as HDF5, as the original does",
        group=SHAPES,
    )
    surface_points: int | None = option(
        None,
        "also write so many points on each surface, uniform by area, with normals",
        least=1,
        group=SHAPES,
    )
    save_codes: str | None = option(
        None, "write the codes of the meshes to this HDF5 file", group=SHAPES
    )
    codes: str | None = option(
        None, "take the codes from this HDF5 file, not from the GAN", group=SHAPES
    )
    kept: bool = option(
        False,
        "of --codes, only those whose picture <t>_1t.png is still in sample_dir",
        group=SHAPES,
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
        if self.gan and (self.ae or self.codes) and not self.fits_files:
            refuse(self, "--ae" if self.ae else "--codes", "gan")
        for mode in ("ae", "train", "codes", "interpolate"):
            if getattr(self, mode):
                refuse(self, f"--{mode}", "samples")
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
        for name in ("gf_dim", "points_per_step", "stride", "fit"):
            if getattr(self, name) is not None:
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
    def reconstructs(self) -> bool:
        """Whether shapes are reconstructed; the PyTorch port asks for it by --start or --end."""
        ranged = self.start is not None or self.end is not None
        others = self.train or self.getz or self.interpolate is not None or self.export
        return self.reconstruct or (self.ae and ranged and not others)

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
