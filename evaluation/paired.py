"""Figures of predicted meshes, each against its true shape.

A prediction that is missing, empty or broken is a failure and stays in the table. Its scores
(F-score, normal consistency, IoU) have a worst value, 0, which counts in their means. Its distances
have none: they are blank, and their means are over the other shapes, whose number stands below. An
open mesh has no inside, so its IoU is blank. The mean field error needs a field, so only
--checkpoint reports it.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.parallel import Workers, in_order
from imnet.metrics.fields import iou
from imnet.metrics.light_field import light_field_descriptors, light_field_distance
from imnet.metrics.surface_figures import surface_figure_names, surface_figures
from imnet_evaluation.placement import Placed, place, place_truths
from imnet_evaluation.shapes import (
    CUBE,
    FAR_OUT,
    GRID,
    Failure,
    Shape,
    called,
    far_out,
    mesh_files,
    normalisation,
    pair_files,
    read_mesh,
    read_truth,
    true_shapes,
)
from imnet_evaluation.tables import Report, far_out_notes, mean_rows, problem_notes

DISTANCES = ("chamfer_squared", "chamfer_l1", "hausdorff", "light_field_distance")


@dataclass(frozen=True)
class Frames:
    """The units that flags name of predictions and true shapes: "array", "unit"; None: see place"""

    pred: str | None = None
    truth: str | None = None
    grid: int | None = None  # of array units


@dataclass(frozen=True)
class Measures:
    """What is measured of a pair of shapes, and how."""

    points: int  # on each surface
    seed: int  # of the points
    normalise: str  # rule of evaluation.shapes.normalisation
    thresholds: tuple[float, ...]  # of the F-score
    light_field: bool  # whether the light-field distance is wanted


def compare_folders(
    pred: str | Path,
    truth: str | Path,
    frames: Frames,
    measures: Measures,
    *,
    prefix: str | None = None,
    workers: Workers = 1,
) -> Report:
    """Compare a folder of predictions with true shapes: a row for each true shape.

    Args:
        pred: folder of meshes.
        truth: folder of meshes, or a dataset.
        frames: the units of both.
        measures: what to measure.
        prefix: of the predictions' names, before a number; None takes all.
        workers: processes, or a Dask scheduler.

    Raises:
        UserError: nothing pairs, or a true shape has no surface, or units are unknown.
    """
    files = mesh_files(pred, prefix)
    truths, moved = true_shapes(truth), []
    predictions, left_over, how = pair(files, list(truths), not Path(truth).is_dir())
    placed, units = place(files, frames.pred, frames.grid)
    by_path = {one.path: one for one in placed.values()}
    if Path(truth).is_dir():
        of_truth = dict(zip(truths, predictions, strict=True))
        truths, moved = place_truths(truths, of_truth, frames.truth, frames.grid)
    pairs = enumerate(zip(predictions, truths.items(), strict=True))
    items = [
        (name, index, file and by_path[file], source) for index, (file, (name, source)) in pairs
    ]
    rows = in_order(partial(compare_files, measures=measures), items, workers)
    notes = [*problem_notes(rows), *units, *moved, how_measured(measures)]
    if left_over:
        names = ", ".join(path.name for path in left_over)
        notes.append(f"{len(left_over)} without a true shape: {names}")
    notes += how
    notes += truth_notes(rows) + far_out_notes(rows)
    return Report(rows, mean_rows(rows), notes)


def pair(
    files: dict[str, Path], names: list[str], numbered: bool
) -> tuple[list[Path | None], list[Path], list[str]]:
    """Pair files with shapes by names.csv beside them, else as `pair_files` does; say how."""
    by_name = called(files)
    if by_name.keys() & set(names):
        paired = [by_name.get(name) for name in names]
        left = [path for path in files.values() if path not in paired]
        return paired, left, ["paired by the names of names.csv"]
    numbers = not files.keys() & {part for name in names for part in Path(name).parts}
    how = ["paired by the numbers at the end of the files' names"] if numbers else []
    return *pair_files(files, names, numbered), how


def compare_files(
    name: str,
    index: int,
    file: Placed | None,
    source: Placed | np.ndarray,
    *,
    measures: Measures,
) -> dict:
    """Make the row of the shape `index`, from the prediction's file and the true file or voxels.

    Raises:
        UserError: the true shape has no surface.
    """
    try:
        truth = read_truth(source)
    except Failure as failure:
        raise UserError(f"true shape {name}: {failure}: mend or remove it") from failure
    try:
        prediction = read_mesh(file)
    except Failure as failure:
        prediction = failure
    if isinstance(prediction, Shape) and far_out(truth) and not far_out(prediction):
        raise UserError(
            f"true shape {name} is {FAR_OUT}, and its prediction is not: give both in the same "
            "units, or sample the true meshes and reconstruct them again, which tells their units"
        )
    row = {"name": name, "file": file.path.name if file else ""}
    row |= pair_figures(prediction, truth, index, measures)
    if isinstance(prediction, Shape) and far_out(prediction) and not far_out(truth):
        row["reason"] = FAR_OUT
    return row


def pair_figures(
    prediction: Shape | Failure, truth: Shape, index: int, measures: Measures
) -> dict[str, float | str | None]:
    """Return the prediction's `status` and `reason`, the condition of the `truth`, and the figures.

    Both shapes are in the unit frame. The IoU is of the 64³ grids on [-0.5, 0.5]³, and None where
    the truth reaches out of this cube. It is taken before normalising if the truth is voxels, and
    after it if the truth is a mesh. What the prediction has outside the cube counts too, up to a
    cube of three times the side. All other figures are taken after normalising. The seed and
    `index` decide the points.
    """
    centre, scale = normalisation(truth, measures.normalise)
    moved_truth = truth.moved(centre, scale)
    true_grid, condition = _grid(truth if truth.voxels is not None else moved_truth)
    if isinstance(prediction, Failure):
        names = surface_figure_names(measures.thresholds)
        figures = {name: None if name in DISTANCES else 0.0 for name in names}
        overlap = None if true_grid is None else 0.0
        status = {"status": prediction.kind, "reason": str(prediction)}
    else:
        moved = prediction.moved(centre, scale)
        points = moved.points(measures.points, (measures.seed, index, 1))
        true_points = moved_truth.points(measures.points, (measures.seed, index, 0))
        figures = surface_figures(*points, *true_points, measures.thresholds)
        overlap = _overlap(prediction if truth.voxels is not None else moved, true_grid)
        status = {"status": prediction.condition, "reason": ""}
    figures = {**status, "truth": condition, **figures, "iou": overlap}
    if measures.light_field:
        failed = isinstance(prediction, Failure)
        figures["light_field_distance"] = None if failed else _light_field(prediction, truth)
    return figures


def how_measured(measures: Measures) -> str:
    """Say for the reader of the table what the figures are in and over."""
    rule = measures.normalise
    frame = "" if rule == "none" else f", the true {rule} scaled to 1"
    return (
        f"{measures.points} points a surface, seed {measures.seed}; distances in units of the "
        f"frame{frame} (chamfer_squared: their squares), failures left out of the means; "
        "F-score, normal consistency and IoU: a failure counts as 0"
    )


def truth_notes(rows: list[dict]) -> list[str]:
    """Count and name the true shapes that are no simple solids within the cube."""
    notes = []
    for condition in sorted({row["truth"] for row in rows} - {"closed"}):
        names = [row["name"] for row in rows if row["truth"] == condition]
        blank = "" if condition == "non-manifold" else ", which leaves their IoU blank"
        notes.append(f"{len(names)} true shapes {condition}{blank}: {', '.join(names)}")
    return notes


def _grid(truth: Shape) -> tuple[np.ndarray | None, str]:
    """Return the occupancy of the truth, None if it has none within the cube, and its condition."""
    if truth.voxels is None and truth.extent() > CUBE:
        return None, "out of the cube"
    grid = truth.occupancy()
    if grid is not None and not grid.any():  # a two-sided sheet, say
        return None, "enclosing nothing"
    return grid, truth.condition


def _overlap(prediction: Shape, true_grid: np.ndarray | None) -> float | None:
    """Return the IoU of a prediction with the true grid; None if either has no inside."""
    side = 3 if prediction.extent() > CUBE else 1
    grid = prediction.occupancy(side)
    if grid is None or true_grid is None:
        return None
    return iou(grid, np.pad(true_grid, GRID * (side // 2)))


def _light_field(a: Shape, b: Shape) -> float:
    return light_field_distance(
        *(light_field_descriptors(shape.vertices, shape.triangles) for shape in (a, b))
    )
