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
from imnet_evaluation.shapes import (
    CUBE,
    FAR_OUT,
    GRID,
    Failure,
    Shape,
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
    pred_grid: int | None,
    truth_grid: int | None,
    measures: Measures,
    workers: Workers = 1,
) -> Report:
    """Compare a folder of predictions with true shapes: a row for each true shape.

    Args:
        pred: folder of meshes.
        truth: folder of meshes, or a dataset.
        pred_grid: resolution that the predictions' array units refer to; None for the unit frame.
        truth_grid: the same of true meshes.
        measures: what to measure.
        workers: processes, or a Dask scheduler.

    Raises:
        UserError: nothing pairs, or a true shape has no surface.
    """
    files, truths = mesh_files(pred), true_shapes(truth)
    predictions, left_over = pair_files(files, list(truths), not Path(truth).is_dir())
    pairs = enumerate(zip(predictions, truths.items(), strict=True))
    items = [(name, index, file, source) for index, (file, (name, source)) in pairs]
    work = partial(compare_files, pred_grid=pred_grid, truth_grid=truth_grid, measures=measures)
    rows = in_order(work, items, workers)
    notes = [*problem_notes(rows), how_measured(measures)]
    if left_over:
        names = ", ".join(path.name for path in left_over)
        notes.append(f"{len(left_over)} without a true shape: {names}")
    if not files.keys() & {part for name in truths for part in Path(name).parts}:
        notes.append("paired by the numbers at the end of the files' names")
    notes += truth_notes(rows) + far_out_notes(rows)
    return Report(rows, mean_rows(rows), notes)


def compare_files(
    name: str,
    index: int,
    path: Path | None,
    source: Path | np.ndarray,
    *,
    pred_grid: int | None,
    truth_grid: int | None,
    measures: Measures,
) -> dict:
    """Make the row of the shape `index`, from the prediction's file and the true file or voxels.

    Raises:
        UserError: the true shape has no surface.
    """
    try:
        truth = read_truth(source, truth_grid)
    except Failure as failure:
        raise UserError(f"true shape {name}: {failure}: mend or remove it") from failure
    try:
        prediction = read_mesh(path, pred_grid)
    except Failure as failure:
        prediction = failure
    row = {"name": name, "file": path.name if path else ""}
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
