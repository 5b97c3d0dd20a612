# PYTHON_ARGCOMPLETE_OK
"""Make pictures of one letter in many fonts, out of a Debian package or a folder of fonts.

OUTPUT/A_28.hdf5 and A_64.hdf5 hold `pixels` [n, 28, 28] and [n, 64, 64] uint8, 255 inside the
letter. A.csv lists font, package and licence of each; A.png shows all of them; A_ATTRIBUTION.md
names the packages.

Each letter is scaled so that the larger side of its bounding box is 7/8 of the picture, and centred
by that box. Near-duplicates are dropped, and letters that resemble no other: fonts of symbols.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.parallel import WorkerFlags
from point_sampling.fetch.debian import unpack
from point_sampling.fetch.fonts import AENIGMA, TEXLIVE, attribution, find_fonts


@dataclass(frozen=True, kw_only=True)
class Flags(WorkerFlags):
    output: Path = option(REQUIRED, "folder for the files")
    letter: str = option("A", "the letter")
    source: str | None = option(None, f"the Debian package ({TEXLIVE})", choices=(TEXLIVE, AENIGMA))
    package: Path | None = option(
        None, "the .deb file, or a folder of its files; without it, fetched with apt-get download"
    )
    input: Path | None = option(None, "a folder of your own fonts, in place of a package")
    binary: bool = option(False, "binarised, 0 or 255; without it, antialiased")
    near_duplicate: float = option(
        0.92, "drop a letter whose IoU with a kept one is so much", above=0
    )
    least_likeness: float = option(
        0.6,
        "drop a letter whose best IoU with one of another package is below this",
        least=0,
        most=1,
    )
    count: int | None = option(None, "keep so many, drawn at random", least=1)
    held_out: float | None = option(
        None, "keep this share of the packages from A_train_64.hdf5, in A_test_64.hdf5", above=0,
        most=0.9,
    )  # fmt: skip
    seed: int = option(0, "of the random choices", least=0)

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        if len(self.letter) != 1 or self.letter.isspace() or self.letter in "/\\":
            raise UserError(f"--letter {self.letter!r}: give one letter")
        if self.input is not None and (self.package or self.source):
            raise UserError(
                "--input is a folder in place of a package: leave out --package and --source"
            )


def main() -> None:
    options = parse_flags(Flags, __doc__)
    make_glyphs(options)


def make_glyphs(options: Flags) -> None:
    """Write the pictures of a letter, their lists and the attribution."""
    import numpy as np  # these are not for --help

    from point_sampling.fetch.glyph_pictures import (
        choose,
        draw_all,
        pairwise_iou,
        split,
        write_glyphs,
    )

    package = None if options.input is not None else options.source or TEXLIVE
    if package is None and not options.input.is_dir():
        raise UserError(f"--input {options.input}: no such folder")
    with tempfile.TemporaryDirectory() as scratch:
        folder = unpack(package, options.package, Path(scratch)) if package else options.input
        fonts = find_fonts(package, folder)
        fonts, pixels = draw_all(folder, fonts, options.letter, options.binary, options.pool)
    iou, packages = pairwise_iou(pixels[-1]), [font.package for font in fonts]
    numbers = choose(iou, packages, options.near_duplicate, options.least_likeness)
    if not len(numbers):
        raise UserError(
            f"no {options.letter} of {len(fonts)} resembles another: try a lower --least_likeness"
        )
    rng = np.random.default_rng(options.seed)
    if options.count is not None and options.count < len(numbers):
        numbers = np.sort(rng.choice(numbers, options.count, replace=False))
    print(f"{len(fonts)} fonts have {options.letter}, {len(numbers)} are kept")
    fonts, pixels = [fonts[i] for i in numbers], [of_one[numbers] for of_one in pixels]
    sides = {options.letter: np.ones(len(fonts), bool)}
    if options.held_out is not None:
        test = split(fonts, options.held_out, rng)
        sides = {f"{options.letter}_train": ~test, f"{options.letter}_test": test}
    for name, chosen in sides.items():
        of_side = [font for font, wanted in zip(fonts, chosen, strict=True) if wanted]
        write_glyphs(options.output, name, [of_one[chosen] for of_one in pixels], of_side)
    text = attribution(options.letter, package, folder, fonts)
    with written_whole(options.output / f"{options.letter}_ATTRIBUTION.md") as beside:
        beside.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run_program(main)
