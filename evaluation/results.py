"""Write the tables of supplementary_material/results.md out of what experiment.sh measured.

python evaluation/results.py --folder FOLDER [--again FOLDER] [--document FILE.md]
A table stands between the lines `<!-- name -->` and `<!-- end -->` of the document.
"""

import argparse
import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

from imnet.errors import UserError, run_program
from imnet.files import written_whole

CLASSES = ("chair", "table", "plane")
SIDES = {"only_train": "training", "test": "held-out"}
MODELS = {
    ("implicit", 256): "IM-AE, 256³",
    ("implicit", 64): "IM-AE, 64³",
    ("cnn", 64): "CNN-AE, 64³",
}
GANS = {"implicit": "IM-GAN", "cnn": "CNN-GAN"}
RECONSTRUCTION = {  # figure → heading, factor
    "iou": ("IoU", 1),
    "field_error": ("MSE ·10³", 1e3),
    "chamfer_squared": ("CD ·10³", 1e3),
    "f_score_0.01": ("F at 0.01", 1),
    "f_score_0.02": ("F at 0.02", 1),
    "normal_consistency": ("NC", 1),
    "light_field_distance": ("LFD", 1),
}
RECONSTRUCTION_HEADINGS = [*(heading for heading, _ in RECONSTRUCTION.values()), "failures"]
GENERATION = {
    "coverage": ("COV", 1),
    "minimum_matching_distance": ("MMD ·10³", 1e3),
    "nearest_neighbour_accuracy": ("1-NNA", 1),
}
DISTANCES = {
    "chamfer_squared": "CD",
    "earth_movers": "EMD",
    "light_field_distance": "LFD",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--folder", type=Path, required=True, help="FOLDER of experiment.sh")
    parser.add_argument(
        "--document",
        type=Path,
        default=Path(__file__).parents[1] / "supplementary_material/results.md",
        help="the document whose tables are written (default: supplementary_material/results.md)",
    )
    parser.add_argument("--again", type=Path, help="FOLDER of the same with another seed")
    parser.add_argument(
        "--single_view", type=Path, nargs=2, metavar="FILE",
        help="figures of evaluation/main.py: of kept views, and of kept chairs",
    )  # fmt: skip
    options = parser.parse_args()
    text = options.document.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        text = put_table(text, name, table(options.folder))
    if options.again:
        text = put_table(text, "again", again_rows(options.folder, options.again))
    if options.single_view:
        text = put_table(text, "single view", single_view_rows(*options.single_view))
    with written_whole(options.document) as beside:
        beside.write_text(text, encoding="utf-8")
    print(f"{options.document}: {', '.join(TABLES)}")


def put_table(text: str, name: str, rows: list[list[str]]) -> str:
    """Replace the table between `<!-- name -->` and `<!-- end -->`; the first row is its head."""
    between = re.compile(f"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not between.search(text):
        raise UserError(f"the document has no lines <!-- {name} --> and <!-- end -->")
    lines = [f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]]]
    return between.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], text)


def data_rows(folder: Path) -> list[list[str]]:
    """Shapes of each class, how many are in families, and the split."""
    rows = [["class", "shapes", "of which near-duplicates", "training", "held-out"]]
    for name in classes_in(folder):
        train, test = (len(names(folder, name, side)) for side in SIDES)
        with open(folder / name / "families.csv", newline="") as file:
            families = [row["family"] for row in csv.DictReader(file)]
        of_families = f"{len(families)} in {len(set(families))} families" if families else "none"
        rows.append([name, str(train + test), of_families, str(train), str(test)])
    return rows


def budget_rows(folder: Path) -> list[list[str]]:
    """Seconds that each training took."""
    seconds = {}
    for name in classes_in(folder):
        with open(folder / name / "seconds.csv", newline="") as file:
            for training, taken in csv.reader(file):
                seconds[training, name] = seconds.get((training, name), 0) + int(taken)
    titles = {"implicit": "IM-AE", "cnn": "CNN-AE", "implicit.gan": "IM-GAN", "cnn.gan": "CNN-GAN"}
    rows = [["training, seconds", *classes_in(folder)]]
    for training, title in titles.items():
        rows.append([title, *(str(seconds[training, name]) for name in classes_in(folder))])
    return rows


def reconstruction_rows(folder: Path) -> list[list[str]]:
    """The means over a side's shapes; distances over those that have a surface."""
    rows = [["class", "shapes", "model", *RECONSTRUCTION_HEADINGS]]
    for name in classes_in(folder):
        for side, title in SIDES.items():
            for (decoder, size), model in MODELS.items():
                found = figures(folder, name, f"{decoder}-{side}-{size}")
                cells = reconstruction_cells(found)
                rows.append([name, f"{title}, {len(found['shapes'])}", model, *cells])
    return rows


def again_rows(first: Path, second: Path) -> list[list[str]]:
    """The held-out shapes at 64³ once more, by the networks of two seeds."""
    rows = [["class", "seed", "model", *RECONSTRUCTION_HEADINGS]]
    for name in classes_in(second):
        for decoder, model in (("cnn", "CNN-AE"), ("implicit", "IM-AE")):
            for seed, folder in enumerate((first, second)):
                found = figures(folder, name, f"{decoder}-test-64")
                rows.append([name, str(seed), model, *reconstruction_cells(found)])
    return rows


def reconstruction_cells(found: dict) -> list[str]:
    """The cells under RECONSTRUCTION_HEADINGS."""
    cells = [number(found["mean"][key], factor) for key, (_, factor) in RECONSTRUCTION.items()]
    return [*cells, count_failures(found["shapes"])]


def single_view_rows(*paths: Path) -> list[list[str]]:
    """The means of meshes from one view each."""
    shown = {key: of for key, of in RECONSTRUCTION.items() if key != "field_error"}
    rows = [["shapes", *(heading for heading, _ in shown.values()), "failures"]]
    for path, title in zip(paths, ("training chairs, kept view", "kept chairs"), strict=True):
        found = json.loads(path.read_text())
        cells = [number(found["mean"][key], factor) for key, (_, factor) in shown.items()]
        count = f"{title}, {len(found['shapes'])}"
        rows.append([count, *cells, count_failures(found["shapes"])])
    return rows


def generation_rows(folder: Path) -> list[list[str]]:
    """Coverage, minimum matching distance, 1-NN accuracy by three distances."""
    headings = [
        f"{heading}, {distance}" if key != "light_field_distance" else f"{heading.split()[0]}, LFD"
        for key, distance in DISTANCES.items()
        for heading, _ in GENERATION.values()
    ]
    rows = [["class", "reference", "model", *headings, "failures"]]
    for name in classes_in(folder):
        for side, title in SIDES.items():
            for decoder, model in GANS.items():
                found = figures(folder, name, f"{decoder}-{side}-samples")
                sets = {row["name"]: row for row in found["sets"]}
                cells = [
                    number(sets[key][figure], 1 if key == "light_field_distance" else factor)
                    for key in DISTANCES
                    for figure, (_, factor) in GENERATION.items()
                ]
                failures = count_failures(found["shapes"])
                count = len(names(folder, name, side))
                rows.append([name, f"{title}, {count}", model, *cells, failures])
    return rows


TABLES: dict[str, Callable[[Path], list[list[str]]]] = {
    "data": data_rows,
    "budget": budget_rows,
    "reconstruction": reconstruction_rows,
    "generation": generation_rows,
}


def classes_in(folder: Path) -> list[str]:
    """The classes that the folder has. Raises UserError if there is none."""
    found = [name for name in CLASSES if (folder / name / "figures").is_dir()]
    if not found:
        raise UserError(f"{folder} has no figures: run evaluation/experiment.sh first")
    return found


def names(folder: Path, name: str, side: str) -> list[str]:
    """The names of a side's shapes."""
    return (folder / name / "data" / f"{name}_{side}.txt").read_text().splitlines()


def figures(folder: Path, name: str, measured: str) -> dict:
    """What evaluation/main.py wrote. Raises UserError if it did not."""
    path = folder / name / "figures" / f"{measured}.json"
    if not path.is_file():
        raise UserError(f"no {path}: run evaluation/experiment.sh {name} {folder} again")
    return json.loads(path.read_text())


def count_failures(shapes: list[dict]) -> str:
    """How many shapes of the rows have no surface."""
    return str(sum(row["status"] in ("missing", "empty", "broken") for row in shapes))


def number(value: float | None, factor: float) -> str:
    """A figure in three digits; a dash where there is none."""
    return "-" if value is None else f"{value * factor:.3g}"


if __name__ == "__main__":
    run_program(main)
