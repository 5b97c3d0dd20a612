"""The flags of page.py."""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.flags import option, parse_flags
from imnet_viewer.options import ModelOptions

DESCRIPTION = "Write one HTML page of a walk between shapes or of samples, which loads nothing."
EXAMPLES = {
    "a walk between three shapes": "python viewer/page.py --walk 0 5 12 --output walk.html",
    "samples": "python viewer/page.py --samples 12 --output samples.html",
    "codes that the viewer kept": "python viewer/page.py --codes codes.hdf5",
}


@dataclass(frozen=True, kw_only=True)
class PageOptions(ModelOptions):
    """What page.py writes."""

    walk: tuple[int, ...] | None = option(None, "walk between the shapes of these numbers")
    samples: int | None = option(None, "so many samples of the latent GAN", least=1, most=100)
    codes: Path | None = option(None, "the shapes of the codes in this HDF5 file")
    output: Path = option(Path("page.html"), "the page to write")
    steps: int = option(8, "meshes from one shape of a walk to the next", least=1)
    resolution: int = option(64, "grid of the meshes: finer ones make a larger page", least=16)
    seed: int = option(0, "decides the samples", least=0)

    def __post_init__(self) -> None:
        """Raise UserError for flags that contradict each other."""
        if sum(given is not None for given in (self.walk, self.samples, self.codes)) != 1:
            raise UserError("give one of --walk, --samples and --codes")
        if self.walk is not None and len(self.walk) < 2:
            raise UserError("--walk: give two numbers or more")
        if self.output.suffix.lower() not in (".html", ".htm"):
            raise UserError(f"--output {self.output}: name a file .html")


def parse_options(arguments: list[str] | None = None) -> PageOptions:
    """Parse the command line. Raises UserError for values that cannot be."""
    return parse_flags(PageOptions, DESCRIPTION, arguments, EXAMPLES)
