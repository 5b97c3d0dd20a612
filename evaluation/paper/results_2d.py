# PYTHON_ARGCOMPLETE_OK
"""Write the tables and pictures of supplementary_material/results-2d.md.

python evaluation/paper/results_2d.py --folder FOLDER [--speed FILE.json] [--document FILE.md]
FOLDER is of experiment_2d.sh. Pictures are written into figures/ beside the document.
FILE.json is what benchmarks/letters_step.py writes. A table stands between two lines of the
document, as results.py says.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.files import read_csv
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.sizes import LETTER_SIDES
from imnet.pictures.images import write_picture
from imnet_evaluation.paper.documents import write_tables
from imnet_evaluation.paper.results import GENERATION, number

NETWORKS = {  # model, decoder → its name in the paper
    ("dcgan", "cnn"): "DCGAN",
    ("ae", "cnn"): "CNN-GAN",
    ("ae", "implicit"): "IM-GAN",
    ("vae", "cnn"): "VAE_CNN",
    ("vae", "implicit"): "VAE_IM",
    ("wgan", "cnn"): "WGAN_CNN",
    ("wgan", "implicit"): "WGAN_IM",
}
TOYS = {  # model → its name, the sets it learns
    "ae": ("AE", ("A_gap", "A_gap_blur", "A", "A_blur")),
    "vae": ("VAE", ("A_gap", "A_gap_blur")),
    "wgan": ("WGAN", ("A", "A_blur")),
}
DECODERS = {"implicit": "implicit", "cnn": "CNN"}
DOCUMENT = Path(__file__).parents[2] / "supplementary_material/results-2d.md"


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    folder: Path = option(REQUIRED, "FOLDER of experiment_2d.sh")
    speed: Path | None = option(None, "figures of benchmarks/letters_step.py", metavar="FILE")
    document: Path = option(DOCUMENT, "the document whose tables are written")


def toy_networks() -> Iterator[tuple[str, str, str]]:
    """Yield the set, the network's title and the name of the figures of each toy training."""
    for model, (title, sets) in TOYS.items():
        for name, (decoder, its_title) in product(sets, DECODERS.items()):
            yield name, f"{title}, {its_title}", f"toy_{name}-{model}-{decoder}"


def toy_rows(folder: Path) -> list[list[str]]:
    """Return the share of frames that hold one letter, for each network of a toy set."""
    rows = [["set", "network", "one letter, between", "one letter, at the ends", "minutes"]]
    for name, network, measured in toy_networks():
        if shares := read_figures(folder, measured):
            cells = [f"{100 * shares[key]:.0f}%" for key in ("between", "ends")]
            rows.append([name, network, *cells, minutes(folder, measured)])
    return rows


def letter_rows(folder: Path) -> list[list[str]]:
    """Return the figures of the samples of each network, raw and binarised."""
    headings = [
        f"{heading}{form}" for form in ("", ", binarised") for heading, _ in GENERATION.values()
    ]
    rows = [["pictures", "network", "samples", *headings, "minutes"]]
    for resolution in LETTER_SIDES:
        for (model, decoder), name in NETWORKS.items():
            measured = f"{resolution}-{model}-{decoder}"
            if found := read_figures(folder, measured):
                cells = [*letter_cells(found), minutes(folder, measured)]
                rows.append([f"{resolution}²", name, *cells])
        if found := read_figures(folder, f"{resolution}-training"):
            rows.append([f"{resolution}²", "the training letters", *letter_cells(found), "-"])
    return rows


def letter_cells(found: dict) -> list[str]:
    """Return the cells of what evaluation/paper/compare_letters.py wrote."""
    return [
        str(found["samples"]),
        *(
            number([found[form][key]], factor)
            for form in ("raw", "binary")
            for key, (_, factor) in GENERATION.items()
        ),
    ]


def speed_rows(path: Path) -> list[list[str]]:
    """Return the rows of benchmarks/letters_step.py."""
    rows = [["decoder", "pictures", "letters a step", "letters a second", "share of peak"]]
    try:
        for row in json.loads(path.read_text())["rows"]:
            speed, share = f"{row['letters a second']:.0f}", f"{row['share of peak']:.0%}"
            rows.append([row["decoder"], row["pictures"], str(row["letters"]), speed, share])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--speed {path} is not what benchmarks/letters_step.py --json wrote"
        ) from error
    return rows


def toy_pictures(folder: Path) -> dict[str, Path]:
    """Find the drawn ways of each network, by the title of its row."""
    named = {
        f"{network}, {name}": folder / "figures" / f"{measured}.png"
        for name, network, measured in toy_networks()
    }
    return {title: path for title, path in named.items() if path.is_file()}


def sheets(folder: Path, resolution: int) -> dict[str, Path]:
    """Find the sheet of 64 samples of each network, by its name."""
    named = {
        name: folder / "sheets" / f"{resolution}-{model}-{decoder}" / "out_sheet.png"
        for (model, decoder), name in NETWORKS.items()
    }
    return {name: path for name, path in named.items() if path.is_file()}


def draw_beside(path: Path, pictures: dict[str, Path], columns: int, width: float) -> None:
    """Draw titled pictures in rows; `width` is of one, in inches."""
    from matplotlib import pyplot

    shown = {title: pyplot.imread(picture) for title, picture in pictures.items()}
    height, length = next(iter(shown.values())).shape[:2]
    rows = -(-len(shown) // columns)
    size = columns * width, rows * (width * height / length + 0.3)
    figure, axes = pyplot.subplots(rows, columns, figsize=size, squeeze=False, dpi=110)
    for axis in axes.ravel():
        axis.axis("off")
    for axis, (title, picture) in zip(axes.ravel(), shown.items(), strict=False):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set_title(title, fontsize=9)
    figure.tight_layout(pad=0.3)
    figure.canvas.draw()
    write_picture(path, np.asarray(figure.canvas.buffer_rgba())[..., 0])
    pyplot.close(figure)


def read_figures(folder: Path, measured: str) -> dict | None:
    """Read what was measured; None if it was not."""
    path = folder / "figures" / f"{measured}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def minutes(folder: Path, measured: str) -> str:
    """Add up the minutes of a network's trainings."""
    taken = [int(seconds) for name, seconds in read_csv(folder / "seconds.csv") if name == measured]
    return number([sum(taken)], 1 / 60)


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    tables = {"toys": toy_rows(options.folder), "letters": letter_rows(options.folder)}
    if max(map(len, tables.values())) == 1:
        raise UserError(
            f"--folder {options.folder}: no figures: run evaluation/paper/experiment_2d.sh"
        )
    if options.speed:
        tables["speed"] = speed_rows(options.speed)
    pictures = {"toys": (toy_pictures(options.folder), 2, 7.0)}
    for side in LETTER_SIDES:
        pictures[f"letters-{side}"] = (sheets(options.folder, side), 4, 3.5)
    for name, (found, columns, width) in pictures.items():
        if found:
            path = options.document.parent / "figures" / f"2d-{name}.png"
            draw_beside(path, found, columns, width)
    write_tables(options.document, tables)


if __name__ == "__main__":
    run_program(main)
