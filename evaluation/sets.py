"""Figures of a set of generated meshes against a set of reference shapes.

Shapes are compared where they stand or, with --normalise, each moved by its own box. A generated
shape that is empty or broken is a failure: it is infinitely far from all others, see
imnet/metrics/set_figures.py.
"""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from imnet.base.errors import UserError
from imnet.base.parallel import Workers, in_order
from imnet.metrics.light_field import light_field_descriptors, light_field_distance
from imnet.metrics.set_figures import distances_to, earth_movers, set_figures
from imnet.metrics.surface_figures import chamfer_squared
from imnet_evaluation.paired import Frames, Measures
from imnet_evaluation.placement import Placed, place
from imnet_evaluation.shapes import (
    FAR_OUT,
    Failure,
    far_out,
    mesh_files,
    normalisation,
    read_mesh,
    read_truth,
    true_shapes,
)
from imnet_evaluation.tables import Report, far_out_notes, problem_notes

METRICS = {
    "chamfer_squared": chamfer_squared,
    "earth_movers": earth_movers,
    "light_field_distance": light_field_distance,
}


def compare_sets(
    generated: str | Path,
    reference: str | Path,
    frames: Frames,
    measures: Measures,
    *,
    samples: int | None,
    emd_points: int,
    prefix: str | None = None,
    workers: Workers = 1,
) -> Report:
    """Compare a folder of generated meshes with reference shapes: a row for each distance.

    Args:
        generated: folder of meshes.
        reference: folder of meshes, or a dataset.
        frames: the units of both.
        measures: what to measure.
        samples: how many meshes were made, which leave no file where they are empty.
        emd_points: how many of the points the earth mover's distance takes.
        prefix: of the names of `generated`, before a number; None takes all.
        workers: processes, or a Dask scheduler.

    Raises:
        UserError: a folder or file is missing, or a reference has no surface.
    """
    if emd_points > measures.points:
        raise UserError(
            f"--emd_points {emd_points} are taken of --points {measures.points}: give fewer"
        )
    files, units = generated_files(generated, samples, prefix, frames)
    references, of_references = true_shapes(reference), []
    if Path(reference).is_dir():
        references, of_references = place(references, frames.truth, frames.grid)
    items = [(name, source, False, i) for i, (name, source) in enumerate(files.items())]
    items += [(name, source, True, i) for i, (name, source) in enumerate(references.items())]
    described = in_order(partial(describe, measures=measures), items, workers)
    shapes = [shape for shape, _ in described[: len(files)]]
    rows = []
    for metric, size in (
        ("chamfer_squared", measures.points),
        ("earth_movers", emd_points),
        ("light_field_distance", None),
    ):
        if size is None and not measures.light_field:
            continue
        key = "points" if size else "views"
        forms = [form and form[key][:size] for _, form in described]
        distances = symmetric_distances(forms, metric, workers)
        g = len(files)
        figures = set_figures(distances[:g, :g], distances[:g, g:], distances[g:, g:])
        rows.append({"name": metric, **figures, "points": size or ""})
    whole = sum(shape["one_part"] for shape in shapes)
    notes = [
        *problem_notes(shapes),
        *units,
        *of_references,
        *far_out_notes(shapes),
        f"{whole} of {len(shapes)} generated shapes are in one part (99% of the area)",
        f"{len(references)} references; distances in units of the frame (chamfer_squared: their "
        f"squares), seed {measures.seed}, normalise {measures.normalise}; a failure covers "
        "nothing, matches nothing and is recognised",
    ]
    return Report(rows, [], notes, shapes)


def generated_files(
    folder: str | Path, samples: int | None, prefix: str | None, frames: Frames
) -> tuple[dict[str, Placed | None], list[str]]:
    """Find the meshes of a folder by stem, and add None for each of the samples that is missing.

    And notes on their units. Raises UserError if there are more meshes than samples.
    """
    files, units = place(mesh_files(folder, prefix), frames.pred, frames.grid)
    missing = (samples or len(files)) - len(files)
    if missing < 0:
        raise UserError(f"--samples {samples}: {folder} has {len(files)} meshes")
    return files | {f"missing mesh {i + 1}": None for i in range(missing)}, units


def describe(
    name: str,
    source: Placed | np.ndarray | None,
    is_reference: bool,
    index: int,
    *,
    measures: Measures,
) -> tuple[dict, dict[str, np.ndarray] | None]:
    """Describe a shape: its row, and its points [n, 3] and the descriptors of its views.

    `index` is its number in its set. A failure has None instead of points. Raises UserError for a
    reference without a surface.
    """
    row = {"name": name, "file": source.path.name if isinstance(source, Placed) else ""}
    try:
        shape = read_truth(source) if is_reference else read_mesh(source)
    except Failure as failure:
        if is_reference:
            raise UserError(f"reference {name}: {failure}: mend or remove it") from failure
        return {**row, "status": failure.kind, "reason": str(failure), "one_part": False}, None
    moved = shape.moved(*normalisation(shape, measures.normalise))
    seed = (measures.seed, int(is_reference), index)
    forms = {"points": moved.points(measures.points, seed)[0]}
    if measures.light_field:
        forms["views"] = light_field_descriptors(shape.vertices, shape.triangles)
    strange = not is_reference and measures.normalise == "none" and far_out(shape)
    row = {**row, "status": shape.condition, "reason": FAR_OUT if strange else ""}
    return row if is_reference else {**row, "one_part": shape.in_one_part()}, forms


def symmetric_distances(
    forms: list[np.ndarray | None], metric: str, workers: Workers = 1
) -> np.ndarray:
    """Return the distances [n, n] of all shapes to all, infinite for failures, which are None.

    `forms` is what the metric of METRICS compares, arrays of the same shape.
    """
    there = [form for form in forms if form is not None]
    distances = np.full((len(forms), len(forms)), np.inf)
    if not there:
        return distances
    with TemporaryDirectory() as folder:
        # All processes map one file: sent as items, every shape would be copied n times.
        path = Path(folder) / "forms.npy"
        nothing = np.full_like(there[0], np.nan)
        np.save(path, np.stack([nothing if form is None else form for form in forms]))
        items = [(i, path, metric) for i in range(len(forms))]
        for i, row in enumerate(in_order(distance_row, items, workers)):
            distances[i, i + 1 :] = distances[i + 1 :, i] = row
    np.fill_diagonal(distances, [np.inf if form is None else 0 for form in forms])
    return distances


def distance_row(i: int, path: Path, metric: str) -> np.ndarray:
    """Return the distances of shape i of a file of forms to the shapes after it."""
    forms = [None if np.isnan(f).any() else f for f in np.load(path, mmap_mode="r")[i:]]
    return distances_to(forms[0], forms[1:], METRICS[metric])
