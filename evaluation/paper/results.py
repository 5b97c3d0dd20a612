# PYTHON_ARGCOMPLETE_OK
"""Write the tables of supplementary_material/results.md from what experiment.sh measured.

python evaluation/paper/results.py --folder FOLDER [FOLDER ...] [--more_data FOLDER]
    [--document FILE.md]
A table stands between the lines `<!-- name -->` and `<!-- end -->` of the document. With several
folders, one for each seed, its cells hold the mean and half of the range: 0.36 ±0.01.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, median

from imnet.base.errors import UserError, run_program
from imnet.base.files import read_csv
from imnet.base.flags import option, parse_flags
from imnet.base.names import read_names
from imnet_evaluation.paper.documents import write_tables
from imnet_evaluation.shapes import FAILURES

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
    "median_chamfer": ("median CD ·10³", 1e3),
    "f_score_0.01": ("F at 0.01", 1),
    "f_score_0.02": ("F at 0.02", 1),
    "normal_consistency": ("NC", 1),
    "light_field_distance": ("LFD", 1),
}
RECONSTRUCTION_HEADINGS = [*(heading for heading, _ in RECONSTRUCTION.values()), "failures"]
DATA = {  # folder of an experiment → what it was trained on
    "real": "real",
    "augmented": "real, warped",
    "procedural": "real, warped, procedural",
    "shipped": "shipped: more of it, longer and wider",
}
TESTS = {"test": "real", "procedural_test": "procedural"}
TRAININGS = {  # name in seconds.csv → title
    "implicit": "IM-AE",
    "cnn": "CNN-AE",
    "implicit.gan": "IM-GAN",
    "cnn.gan": "CNN-GAN",
}
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


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    folder: tuple[Path, ...] | None = option(None, "FOLDER of experiment.sh, one for each seed")
    more_data: Path | None = option(
        None,
        f"FOLDER that has a FOLDER of experiment.sh for each of {', '.join(DATA)}; DATA_1 is of "
        "another seed",
    )
    document: Path = option(
        Path(__file__).parents[2] / "supplementary_material/results.md",
        "the document whose tables are written",
    )
    single_view: Path | None = option(
        None, "figures of evaluation/main.py: of held-out chairs from a view each", metavar="FILE"
    )


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    tables = {}
    if options.folder:
        tables = {name: table(list(options.folder)) for name, table in TABLES.items()}
    if options.more_data:
        tables["more data"] = more_data_rows(options.more_data)
        generated = more_generation_rows(options.more_data)
        if len(generated) > 1:
            tables["generation of more data"] = generated
    if options.single_view:
        tables["single view"] = single_view_rows(options.single_view)
    if not tables:
        raise UserError("give --folder, --more_data or --single_view")
    write_tables(options.document, tables)


def data_rows(folders: list[Path]) -> list[list[str]]:
    """Count each class's shapes, those in families, and both sides, which no seed changes."""
    rows = [["class", "shapes", "of which near-duplicates", "training", "held-out"]]
    for name, (folder, *_) in classes_in(folders).items():
        train, test = (len(names(folder, name, side)) for side in SIDES)
        _, *families = [family for _, family in read_csv(folder / name / "data/families.csv")]
        of_families = f"{len(families)} in {len(set(families))} families" if families else "none"
        rows.append([name, str(train + test), of_families, str(train), str(test)])
    return rows


def budget_rows(folders: list[Path]) -> list[list[str]]:
    """Return the minutes that each training took."""
    classes = classes_in(folders)
    rows = [["training, minutes", *classes]]
    for training, title in TRAININGS.items():
        cells = [
            number([seconds(folder / name, training) for folder in of_class], 1 / 60)
            for name, of_class in classes.items()
        ]
        rows.append([title, *cells])
    return rows


def reconstruction_rows(folders: list[Path]) -> list[list[str]]:
    """Return the means over a side's shapes; distances are over those that have a surface."""
    rows = [["class", "shapes", "model", "seeds", *RECONSTRUCTION_HEADINGS]]
    for name, of_class in classes_in(folders).items():
        for side, title in SIDES.items():
            for (decoder, size), model in MODELS.items():
                found = figures(of_class, name, f"{decoder}-{side}-{size}")
                shapes = f"{title}, {len(found[0]['shapes'])}"
                cells = reconstruction_cells(found, RECONSTRUCTION)
                rows.append([name, shapes, model, str(len(found)), *cells])
    return rows


def reconstruction_cells(found: list[dict], shown: dict[str, tuple[str, float]]) -> list[str]:
    """Return the cells under the headings of `shown`, and the number of failures."""
    seeds = [{**seed["mean"], "median_chamfer": median_chamfer(seed["shapes"])} for seed in found]
    cells = [number([seed[key] for seed in seeds], factor) for key, (_, factor) in shown.items()]
    return [*cells, count_failures(found)]


def median_chamfer(shapes: list[dict]) -> float | None:
    """Return the median over the shapes that have a surface, which no single shape decides."""
    there = [row["chamfer_squared"] for row in shapes if row["chamfer_squared"] is not None]
    return median(there) if there else None


def more_data_rows(place: Path) -> list[list[str]]:
    """Return the means over held-out shapes at 64³, for each data that a class was trained on."""
    rows = [["class", "trained on", "model", "held-out", "seeds", *RECONSTRUCTION_HEADINGS]]
    for name, data, side, decoder in product(CLASSES, DATA, TESTS, GANS):
        if found := more_figures(place, data, name, f"{decoder}-{side}-64"):
            shapes = f"{TESTS[side]}, {len(found[0]['shapes'])}"
            cells = reconstruction_cells(found, RECONSTRUCTION)
            rows.append([name, DATA[data], MODELS[decoder, 64], shapes, str(len(found)), *cells])
    if len(rows) == 1:
        raise UserError(
            f"--more_data {place}: no figures in it: run evaluation/paper/experiment.sh"
        )
    return rows


def more_generation_rows(place: Path) -> list[list[str]]:
    """Return the figures of samples against held-out shapes, for each data of a class."""
    headings = ["class", "trained on", "held-out", "model", "seeds", "in one part"]
    rows = [[*headings, *generation_headings()]]
    for name, data, side, decoder in product(CLASSES, DATA, TESTS, GANS):
        if found := more_figures(place, data, name, f"{decoder}-{side}-samples"):
            shapes = f"{TESTS[side]}, {len(found[0]['shapes'])}"  # as many as samples
            whole = [mean(row["one_part"] for row in seed["shapes"]) for seed in found]
            cells = [GANS[decoder], str(len(found)), number(whole), *generation_cells(found)]
            rows.append([name, DATA[data], shapes, *cells])
    return rows


def more_figures(place: Path, data: str, name: str, measured: str) -> list[dict]:
    """Read what was measured of a data's networks: of DATA, and of DATA_1, another seed, if any."""
    return measurements([place / data, place / f"{data}_1"], name, measured)


def single_view_rows(path: Path) -> list[list[str]]:
    """Return the means of meshes that were made from one view each."""
    left_out = ("field_error", "median_chamfer")
    shown = {key: of for key, of in RECONSTRUCTION.items() if key not in left_out}
    headings = ["shapes", *(heading for heading, _ in shown.values()), "failures"]
    try:
        found = json.loads(path.read_text())
        shapes = f"held-out chairs, {len(found['shapes'])}"
        return [headings, [shapes, *reconstruction_cells([found], shown)]]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--single_view {path} has no figures of meshes: give what `evaluation/main.py --pred "
            "--truth --lfd --json` wrote"
        ) from error


def generation_rows(folders: list[Path]) -> list[list[str]]:
    """Return coverage, minimum matching distance and 1-NN accuracy, each by three distances."""
    rows = [["class", "reference", "model", "seeds", *generation_headings()]]
    for name, of_class in classes_in(folders).items():
        for side, title in SIDES.items():
            reference = f"{title}, {len(names(of_class[0], name, side))}"
            for decoder, model in GANS.items():
                found = figures(of_class, name, f"{decoder}-{side}-samples")
                cells = [model, str(len(found)), *generation_cells(found)]
                rows.append([name, reference, *cells])
    return rows


def generation_headings() -> list[str]:
    """Return the headings of `generation_cells`."""
    headings = [
        f"{heading}, {distance}" if key != "light_field_distance" else f"{heading.split()[0]}, LFD"
        for key, distance in DISTANCES.items()
        for heading, _ in GENERATION.values()
    ]
    return [*headings, "failures"]


def generation_cells(found: list[dict]) -> list[str]:
    """Return the cells of a set of samples, measured once for each seed."""
    sets = [{row["name"]: row for row in seed["sets"]} for seed in found]
    cells = [
        number([seed[key][figure] for seed in sets], 1 if key == "light_field_distance" else factor)
        for key in DISTANCES
        for figure, (_, factor) in GENERATION.items()
    ]
    return [*cells, count_failures(found)]


TABLES: dict[str, Callable[[list[Path]], list[list[str]]]] = {
    "data": data_rows,
    "budget": budget_rows,
    "reconstruction": reconstruction_rows,
    "generation": generation_rows,
}


def classes_in(folders: list[Path]) -> dict[str, list[Path]]:
    """Find the classes that were measured, and their folders. Raises UserError if there is none."""
    found = {
        name: [folder for folder in folders if (folder / name / "figures").is_dir()]
        for name in CLASSES
    }
    found = {name: of_class for name, of_class in found.items() if of_class}
    if not found:
        raise UserError(f"{folders[0]} has no figures: run evaluation/paper/experiment.sh first")
    return found


def names(folder: Path, name: str, side: str) -> list[str]:
    """Read the names of a side's shapes."""
    return read_names(folder / name / "data" / f"{name}_{side}.txt")


def seconds(folder: Path, training: str) -> int | None:
    """Add up the seconds of a training's stages; None if it was not run."""
    rows = read_csv(folder / "seconds.csv")
    stages = [int(taken) for name, taken in rows if name == training]
    return sum(stages) if stages else None


def figures(folders: list[Path], name: str, measured: str) -> list[dict]:
    """Read what evaluation/main.py wrote, for each seed that has it. UserError if none has it."""
    found = measurements(folders, name, measured)
    if not found:
        path = folders[0] / name / "figures" / f"{measured}.json"
        raise UserError(f"no {path}: run evaluation/paper/experiment.sh {name} {folders[0]} again")
    return found


def measurements(folders: list[Path], name: str, measured: str) -> list[dict]:
    """Read what evaluation/main.py wrote of a class, from the folders that have it."""
    paths = [folder / name / "figures" / f"{measured}.json" for folder in folders]
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def count_failures(found: list[dict]) -> str:
    """Count the shapes without a surface, one number for each seed."""
    return " / ".join(
        str(sum(row["status"] in FAILURES for row in seed["shapes"])) for seed in found
    )


def number(values: list[float | None], factor: float = 1) -> str:
    """Write the mean in three digits and half of the range; a dash where there is no value."""
    there = [value * factor for value in values if value is not None]
    if not there:
        return "-"
    mean, spread = sum(there) / len(there), (max(there) - min(there)) / 2
    return f"{mean:.3g}" + (f" ±{spread:.1g}" if len(there) > 1 else "")


if __name__ == "__main__":
    run_program(main)
