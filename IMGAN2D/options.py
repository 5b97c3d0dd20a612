"""The flags of main.py."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags, refuse
from imnet.data.sizes import GAN_WIDTH

DESCRIPTION = """Pictures of letters: train a network, reconstruct, sample, interpolate.

Without --train, --reconstruct or --interpolate, letters are sampled."""
LATENT_GAN = "latent_gan"
KINDS = ("ae", LATENT_GAN, "vae", "wgan", "dcgan")
ENCODING = ("ae", "vae")  # models with an encoder


@dataclass(frozen=True)
class Options:
    """What main.py does and with what; a field a flag."""

    model: str = option(
        "ae",
        "ae, an autoencoder; latent_gan, on its codes (IM-GAN, CNN-GAN); vae, wgan or dcgan; or "
        "the place of a trained one: a folder of checkpoints or a checkpoint's prefix",
        metavar="KIND|PATH",
    )
    gan: str | None = option(
        None, "with --model PATH of an autoencoder: the place of its latent GAN", metavar="PATH"
    )
    decoder: str = option("implicit", "implicit or cnn", choices=("implicit", "cnn"))
    train: bool = option(False, "train; without it, use what was trained")
    reconstruct: bool = option(False, "draw the first --samples letters of the dataset (ae, vae)")
    interpolate: tuple[int, int] | None = option(
        None, "draw the way between two letters of the dataset (ae, vae) or two samples", nargs=2,
        metavar=("I", "J"),
    )  # fmt: skip

    about: str | None = option(
        None, "print what a network is and how it was trained: a place", metavar="PATH"
    )
    dataset: str = option("A_64", "name of the dataset, <data_dir>/<dataset>.hdf5")
    data_dir: str = option("../point_sampling/glyphs", "folder of the dataset")
    checkpoint_dir: str = option("checkpoint", "folder of the checkpoints")
    sample_dir: str = option("samples", "folder of the pictures")
    seed: int = option(0, "decides the first weights and every draw", least=0)

    epoch: int = option(200, "train so many epochs: a total, training resumes below it", least=1)
    learning_rate: float = option(0.0001, "Adam's learning rate", above=0)
    half_life: float | None = option(None, "halve the learning rate every so many epochs", above=0)
    cosine: bool = option(False, "lower the learning rate along half a cosine, to 0 at the end")
    beta1: float = option(0.5, "Adam's first momentum", least=0, most=0.999)
    z_dim: int | None = option(None, "width of the codes (new model: 100, vae 128)", least=1)
    ef_dim: int | None = option(None, "width of the convolutions (new model: 16)", least=1)
    gf_dim: int | None = option(None, "width of the implicit decoder (new model: 64)", least=1)
    norm: str | None = option(
        None, "norm of the convolutions (new model: batch)", choices=("batch", "instance")
    )
    width: int | None = option(None, f"width of the latent GAN (new model: {GAN_WIDTH})", least=1)
    letters_per_step: int | None = option(
        None, "letters in a step (implicit ae and vae 1, else 50)", least=1
    )
    pixels_per_step: int | None = option(
        None,
        "train on so many pixels, drawn for each step (implicit ae, vae); else all",
        least=1,
    )
    save_interval: int = option(10, "epochs between checkpoints; the last is saved", least=1)

    samples: int = option(64, "letters to draw", least=1)
    steps: int = option(16, "pictures of an interpolation, both ends included", least=2)
    resolution: int | None = option(
        None, "of the pictures; the implicit decoder draws at any", least=8, most=2048
    )
    binary: bool = option(False, "draw black and white: values above 0.5 are inside")
    svg: bool = option(False, "also write each letter's outline at 0.5, <name>.svg")

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        if sum((self.train, self.reconstruct, self.interpolate is not None)) > 1:
            raise UserError("--train, --reconstruct and --interpolate exclude one another")
        encodes = self.kind in ENCODING
        if self.gan and self.model in KINDS:
            raise UserError("--gan names a place: name the autoencoder's too, --model PATH")
        if self.reconstruct and not encodes:
            raise UserError(f"--reconstruct: --model {self.kind} has no encoder, ae and vae have")
        asked = self.train or self.reconstruct or self.interpolate or self.about
        if self.kind == "ae" and not asked:
            raise UserError(
                "--model ae draws no samples: add --train, --reconstruct or --interpolate, "
                f"or take --model {LATENT_GAN}"
            )
        if self.width is not None and self.kind != LATENT_GAN:
            raise UserError(f"--width is of --model {LATENT_GAN}")
        if self.kind == LATENT_GAN:
            refuse(self, "--model latent_gan", "z_dim", "ef_dim", "gf_dim", "norm")
            refuse(self, "--model latent_gan", "letters_per_step", "pixels_per_step")
        elif not encodes:
            refuse(self, f"--model {self.kind}", "pixels_per_step")
        if self.train:
            refuse(self, "--train", "svg", "resolution", "binary")
        if self.cosine and self.half_life is not None:
            raise UserError("--cosine and --half_life both lower the rate: choose one")
        if self.decoder == "cnn":
            refuse(self, "--decoder cnn", "gf_dim", "pixels_per_step", "svg")

    @property
    def mode(self) -> str:
        """What to do: "about", "train", "reconstruct", "interpolate", or "sample"."""
        modes = ("about", "train", "reconstruct", "interpolate")
        return next((m for m in modes if getattr(self, m) not in (None, False)), "sample")

    @property
    def adam(self) -> dict[str, float]:
        """What the optimiser is made with."""
        return {"learning_rate": self.learning_rate, "beta1": self.beta1}

    @property
    def dataset_path(self) -> Path:
        """The dataset."""
        return Path(self.data_dir) / f"{self.dataset}.hdf5"

    @property
    def sizes(self) -> dict[str, int | str | None]:
        """The sizes that are wanted; None for any."""
        names = ("z_dim", "ef_dim", "norm", *(("gf_dim",) if self.decoder == "implicit" else ()))
        return {name: getattr(self, name) for name in names}

    @cached_property
    def kind(self) -> str:
        """One of KINDS: the one that `--model` names, or that lies in the place that it names.

        Raises UserError if there is none.
        """
        if self.model in KINDS:
            return self.model
        if self.gan:
            return LATENT_GAN
        place = Path(self.model)
        names = [path.name for path in place.glob("*.index")] if place.is_dir() else [place.name]
        for kind in set(KINDS) - {LATENT_GAN}:
            if any(re.match(rf"{kind.upper()}\.model-\d", name) for name in names):
                return kind
        raise UserError(
            f"--model {self.model}: neither {', '.join(KINDS)} nor a place with checkpoints of one "
            "of them"
        )

    def folder(self, model: str) -> Path:
        """The checkpoints of a model, or the one in the place that a flag names."""
        if self.model not in KINDS:
            return Path(self.gan if model == LATENT_GAN else self.model)
        return Path(self.checkpoint_dir) / f"{self.dataset}_{model}_{self.decoder}"


def parse_options(arguments: list[str] | None = None) -> Options:
    """Parse the command line. Raises UserError for values that cannot be or contradict others."""
    return parse_flags(Options, DESCRIPTION, arguments)
