"""Figures of predicted meshes, each against its true shape.

A prediction that is missing, empty or broken is a failure. It stays in the table: its scores
(F-score, normal consistency, IoU), which have a worst value, are 0 and count in their means; its
distances, which have none, are blank, and their means are over the shapes that are there, with
their number below them. An open mesh has no inside, so its IoU is blank. The mean field error
needs a field, which a mesh is not: --checkpoint reports it.
"""

from pathlib import Path

import numpy as np

from evaluation.options import Options
from evaluation.shapes import (
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
from evaluation.tables import Report, far_out_notes, mean_rows, problem_notes
from imnet.base.errors import UserError
from imnet.base.parallel import over_shapes
from imnet.metrics.fields import iou
from imnet.metrics.light_field import light_field_descriptors, light_field_distance
from imnet.metrics.surfaces import surface_figure_names, surface_figures

DISTANCES = ("chamfer_squared", "chamfer_l1", "hausdorff", "light_field_distance")


def compare_folders(options: Options) -> Report:
    """--pred against --truth: a row a true shape.

    Raises:
        UserError: nothing pairs, or a true shape has no surface.
    """
    files, truths = mesh_files(options.pred), true_shapes(options.truth)
    predictions, left_over = pair_files(files, list(truths), not Path(options.truth).is_dir())
    items = [
        (name, (index, prediction, truth, options))
        for index, (prediction, (name, truth)) in enumerate(
            zip(predictions, truths.items(), strict=True)
        )
    ]
    rows: dict[str, dict] = {}
    for name, row, reason in over_shapes(compare_files, items, options.workers):
        if reason is not None:
            raise UserError(reason)
        rows[name] = row
    ordered = [rows[name] for name in truths]
    notes = [*problem_notes(ordered), how_measured(options)]
    if left_over:
        notes.append(f"{len(left_over)} without a true shape: {_names(left_over)}")
    pairs = zip(predictions, truths, strict=True)
    if any(file and file.stem != Path(name).name for file, name in pairs):
        notes.append("paired by the numbers that the names of the files end in")
    notes += truth_notes(ordered) + far_out_notes(ordered)
    return Report(ordered, mean_rows(ordered), notes)


def compare_files(name: str, item: tuple) -> dict:
    """One row: item is (index, prediction's path or None, truth's path or voxels, options).

    Raises:
        UserError: the true shape has no surface.
    """
    index, path, source, options = item
    try:
        truth = read_truth(source, options)
    except Failure as failure:
        raise UserError(f"true shape {name}: {failure}: mend or remove it") from failure
    try:
        prediction = read_mesh(path, options.pred_frame, options.resolution)
    except Failure as failure:
        prediction = failure
    row = {"name": name, "file": path.name if path else ""}
    row |= pair_figures(prediction, truth, index, options)
    if isinstance(prediction, Shape) and far_out(prediction) and not far_out(truth):
        row["reason"] = FAR_OUT
    return row


def pair_figures(
    prediction: Shape | Failure, truth: Shape, index: int, options: Options
) -> dict[str, float | str | None]:
    """`status` and `reason` of the prediction, `truth`, the figures of one pair in the unit frame.

    The IoU is that of the 64³ grids on [-0.5, 0.5]³: before --normalise for a truth of voxels,
    after it for one that is a mesh; None where the truth reaches out of the cube. What the
    prediction has out of it counts too, up to the cube of three times the side. All other figures
    are in the frame that --normalise leaves; the seed and `index` decide the points.
    """
    centre, scale = normalisation(truth, options.normalise)
    moved_truth = truth.moved(centre, scale)
    true_grid, condition = _grid(truth if truth.voxels is not None else moved_truth)
    if isinstance(prediction, Failure):
        names = surface_figure_names(options.thresholds)
        figures = {name: None if name in DISTANCES else 0.0 for name in names}
        overlap = None if true_grid is None else 0.0
        status = {"status": prediction.kind, "reason": str(prediction)}
    else:
        moved = prediction.moved(centre, scale)
        points = moved.points(options.points, (options.seed, index, 1))
        true_points = moved_truth.points(options.points, (options.seed, index, 0))
        figures = surface_figures(*points, *true_points, options.thresholds)
        overlap = _overlap(prediction if truth.voxels is not None else moved, true_grid)
        status = {"status": prediction.condition, "reason": ""}
    figures = {**status, "truth": condition, **figures, "iou": overlap}
    if options.lfd:
        failed = isinstance(prediction, Failure)
        figures["light_field_distance"] = None if failed else _light_field(prediction, truth)
    return figures


def how_measured(options: Options) -> str:
    """What the figures are in and over, for the reader of the table."""
    frame = "" if options.normalise == "none" else f", the true {options.normalise} scaled to 1"
    return (
        f"{options.points} points a surface, seed {options.seed}; distances in units of the frame"
        f"{frame} (chamfer_squared: their squares), failures left out of the means; "
        "F-score, normal consistency and IoU: a failure counts as 0"
    )


def truth_notes(rows: list[dict]) -> list[str]:
    """Lines that count and name the true shapes that are no simple solids within the cube."""
    notes = []
    for condition in sorted({row["truth"] for row in rows} - {"closed"}):
        names = [row["name"] for row in rows if row["truth"] == condition]
        blank = "" if condition == "non-manifold" else ", which leaves their IoU blank"
        notes.append(f"{len(names)} true shapes {condition}{blank}: {', '.join(names)}")
    return notes


def _grid(truth: Shape) -> tuple[np.ndarray | None, str]:
    """The occupancy of the truth, None if there is none to compare with, and its condition."""
    if truth.voxels is None and truth.extent() > CUBE:
        return None, "out of the cube"
    grid = truth.occupancy()
    if grid is not None and not grid.any():  # a two-sided sheet, say
        return None, "enclosing nothing"
    return grid, truth.condition


def _overlap(prediction: Shape, true_grid: np.ndarray | None) -> float | None:
    """The IoU of a prediction with the true grid; None if either has no inside."""
    side = 3 if prediction.extent() > CUBE else 1
    grid = prediction.occupancy(side)
    if grid is None or true_grid is None:
        return None
    return iou(grid, np.pad(true_grid, GRID * (side // 2)))


def _light_field(a: Shape, b: Shape) -> float:
    return light_field_distance(
        *(light_field_descriptors(shape.vertices, shape.triangles) for shape in (a, b))
    )


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)
