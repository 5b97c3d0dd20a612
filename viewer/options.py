"""The flags of main.py."""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags

DESCRIPTION = (
    "Walk between shapes, sample new ones and reconstruct photos in the browser. Without flags it "
    "shows the shipped chairs."
)
EXAMPLES = {
    "the shipped chairs": "python viewer/main.py",
    "models of your own": "python viewer/main.py --model IMGAN/checkpoint/chair_vox_64 "
    "--dataset chair_vox --data_dir IMGAN/data",
}
MODELS, SERVER = "models", "server"  # headings in --help


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which models and shapes to show."""

    model: Path | None = option(
        None,
        "the autoencoder by its place, of any version: a folder of checkpoints, a checkpoint's "
        "prefix, or a .pth file (the one that --checkpoint_dir has for the dataset's name)",
        metavar="PATH",
        group=MODELS,
    )
    gan: Path | None = option(
        None, "the latent GAN by its place (beside the autoencoder)", metavar="PATH", group=MODELS
    )
    image_encoder: Path | None = option(
        None, "the image encoder by its place", metavar="PATH", group=MODELS
    )
    dataset: str = option(
        "chairs",
        "name of the dataset, as in the names of the checkpoints' folders",
        group=MODELS,
    )
    checkpoint_dir: Path | None = option(
        None,
        "folder with <dataset>_64, the autoencoder, and <dataset>_z_<z>_<z>, the latent GAN "
        "(the shipped ones)",
        group=MODELS,
    )
    image_encoder_dir: Path | None = option(
        None,
        "folder with <dataset>_128, the image encoder (--checkpoint_dir, or the shipped ones)",
        group=MODELS,
    )
    data_dir: Path | None = option(
        None,
        "folder with <dataset>.hdf5, whose shapes are shown (the bundled shapes that the "
        "autoencoder learned from)",
        group=MODELS,
    )
    shapes: int = option(200, "most shapes to load", least=2, group=MODELS)


@dataclass(frozen=True, kw_only=True)
class Options(ModelOptions):
    """What main.py serves and where."""

    host: str = option(
        "127.0.0.1",
        "address to listen on; 0.0.0.0 lets everybody in the network in",
        group=SERVER,
    )
    port: int = option(8080, "port to listen on; 0 takes a free one", least=0, group=SERVER)
    page_host: tuple[str, ...] = option(
        (),
        "host, with its port if the address has one, of a proxy that shows the page, such as "
        "models.example.org",
        group=SERVER,
    )
    drag_resolution: int = option(
        64, "grid of the meshes while something is dragged", least=16, most=256
    )
    finest: int = option(256, "grid that a mesh is sharpened to at first", choices=(64, 128, 256))

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be."""
        if self.port > 65535:
            raise UserError(f"--port {self.port}: must be at most 65535")


def parse_options(arguments: list[str] | None = None) -> Options:
    """Parse the command line. Raises UserError for values that cannot be."""
    return parse_flags(Options, DESCRIPTION, arguments, EXAMPLES)
