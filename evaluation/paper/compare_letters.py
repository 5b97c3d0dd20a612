# PYTHON_ARGCOMPLETE_OK
"""Compare drawn letters with held-out ones: coverage, minimum matching distance, 1-NN accuracy.

python evaluation/paper/compare_letters.py --generated FOLDER|FILE.hdf5 --reference A_test_64.hdf5
    [--json FILE]
A folder holds out<t>.png, as IMGAN2D/main.py draws samples; a file has pixels. The distance of two
pictures is the mean over the pixels of the squared difference of their values, 0 to 1; it is taken
of the pictures as they are, and binarised at 0.5. Coverage and MMD take all samples; the 1-NN
accuracy takes as many as there are references, the first ones. Those of a file are shuffled first,
for fonts of one family stand beside each other in it.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import scipy

from imnet.base.errors import UserError, run_program
from imnet.base.files import write_json
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.letters import read_letters
from imnet.metrics.set_figures import (
    coverage,
    minimum_matching_distance,
    nearest_neighbour_accuracy,
)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    generated: Path = option(REQUIRED, "folder of out<t>.png, or FILE.hdf5 with pixels")
    reference: Path = option(REQUIRED, "held-out letters, FILE.hdf5 of get_glyphs.py")
    samples: int | None = option(None, "take so many of the first samples", least=1)
    json: Path | None = option(None, "also write the figures to this file")


def read_pictures(path: Path) -> np.ndarray:
    """Read pictures as values [n, R, R] float32, 1 inside the letter.

    Raises UserError if there are none, or one cannot be read or is of another size.
    """
    if not path.is_dir():
        pixels = read_letters(path)
        return np.random.default_rng(0).permutation(pixels).astype(np.float32) / 255
    files = sorted(path.glob("out[0-9]*.png"), key=lambda file: (len(file.name), file.name))
    if not files:
        raise UserError(f"{path} has no out<t>.png: IMGAN2D/main.py draws them")
    pictures = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files]
    for file, picture in zip(files, pictures, strict=True):
        if picture is None:
            raise UserError(f"{file} is no picture that can be read")
        if picture.shape != pictures[0].shape:
            raise UserError(f"{file} is of another size than {files[0].name}")
    return 1 - np.stack(pictures).astype(np.float32) / 255  # ink is black


def letter_figures(generated: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """Compare pictures [g, R, R] with references [r, R, R], values 0 to 1.

    Raises UserError if their sizes differ, or there are fewer than references.
    """
    if generated.shape[1:] != reference.shape[1:]:
        sizes = (f"{height}x{width}" for _, height, width in (generated.shape, reference.shape))
        raise UserError("{} pictures cannot be compared with {} ones".format(*sizes))
    g, r = len(generated), len(reference)
    if g < r:
        raise UserError(f"{g} samples are fewer than the {r} references: draw more")
    a, b = (set_.reshape(len(set_), -1) for set_ in (generated, reference))
    pixels = a.shape[1]
    distance = scipy.spatial.distance
    across = distance.cdist(a, b, "sqeuclidean") / pixels
    pairs = (distance.pdist(some, "sqeuclidean") for some in (a[:r], b))
    within = [distance.squareform(some) / pixels for some in pairs]
    return {
        "coverage": coverage(across),
        "minimum_matching_distance": minimum_matching_distance(across),
        "nearest_neighbour_accuracy": nearest_neighbour_accuracy(within[0], across[:r], within[1]),
    }


def main() -> None:
    options = parse_flags(Flags, __doc__)
    reference = read_pictures(options.reference)
    generated = read_pictures(options.generated)[: options.samples]
    figures = {
        "samples": len(generated),
        "references": len(reference),
        "raw": letter_figures(generated, reference),
        "binary": letter_figures(generated > 0.5, reference > 0.5),
    }
    for form in ("raw", "binary"):
        told = (f"{name.replace('_', ' ')} {figure:.4f}" for name, figure in figures[form].items())
        print(f"{form}: {', '.join(told)}")
    if options.json:
        write_json(options.json, figures)


if __name__ == "__main__":
    run_program(main)
