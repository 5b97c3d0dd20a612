"""Figures of a set of generated meshes against a set of reference shapes.

Shapes are compared where they stand, or each by its own box with --normalise. A generated shape
that is empty or broken is a failure: infinitely far from all, see imnet/set_metrics.py.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from evaluation.options import Options
from evaluation.shapes import Failure, mesh_files, normalisation, read_mesh, read_truth, true_shapes
from evaluation.tables import Report, problem_notes
from imnet.errors import UserError
from imnet.light_field import light_field_descriptors, light_field_distance
from imnet.set_metrics import distances_to, earth_movers, set_figures
from imnet.surface_metrics import chamfer_squared
from point_sampling.parallel import over_shapes

METRICS = {
    "chamfer_squared": chamfer_squared,
    "earth_movers": earth_movers,
    "light_field_distance": light_field_distance,
}


def compare_sets(options: Options) -> Report:
    """--generated against --reference: a row a distance.

    Raises:
        UserError: a folder or file is missing, or a reference has no surface.
    """
    if options.emd_points > options.points:
        raise UserError(
            f"--emd_points {options.emd_points} are taken of --points {options.points}: give fewer"
        )
    generated, reference = mesh_files(options.generated), true_shapes(options.reference)
    items = [(name, (path, False, i, options)) for i, (name, path) in enumerate(generated.items())]
    items += [(name, (it, True, i, options)) for i, (name, it) in enumerate(reference.items())]
    described = _in_order(describe, items, options.workers)
    shapes = [shape for shape, _ in described[: len(generated)]]
    rows = []
    for metric, size in (
        ("chamfer_squared", options.points),
        ("earth_movers", options.emd_points),
        ("light_field_distance", None),
    ):
        if size is None and not options.lfd:
            continue
        key = "points" if size else "views"
        forms = [form and form[key][:size] for _, form in described]
        distances = symmetric_distances(forms, metric, options.workers)
        g = len(generated)
        figures = set_figures(distances[:g, :g], distances[:g, g:], distances[g:, g:])
        rows.append({"name": metric, **figures, "points": size or ""})
    notes = [
        *problem_notes(shapes),
        f"{len(reference)} references; distances in units of the frame (chamfer_squared: their "
        f"squares), seed {options.seed}, normalise {options.normalise}; a failure covers nothing, "
        "matches nothing and is recognised",
    ]
    return Report(rows, [], notes, shapes)


def describe(name: str, item: tuple) -> tuple[dict, dict[str, np.ndarray] | None]:
    """What is known of one shape: its row, and its points [n, 3] and views' descriptors.

    The item is (source, whether it is a reference, number in its set, options). Raises UserError
    for a reference without a surface; a generated one has None instead of points.
    """
    source, is_reference, index, options = item
    row = {"name": name, "file": source.name if isinstance(source, Path) else ""}
    try:
        if is_reference:
            shape = read_truth(source, options)
        else:
            shape = read_mesh(source, options.pred_frame, options.resolution)
    except Failure as failure:
        if is_reference:
            raise UserError(f"reference {name}: {failure}: mend or remove it") from failure
        return {**row, "status": failure.kind, "reason": str(failure)}, None
    moved = shape.moved(*normalisation(shape, options.normalise))
    forms = {"points": moved.points(options.points, (options.seed, int(is_reference), index))[0]}
    if options.lfd:
        forms["views"] = light_field_descriptors(shape.vertices, shape.triangles)
    return {**row, "status": shape.condition, "reason": ""}, forms


def symmetric_distances(
    forms: list[np.ndarray | None], metric: str, workers: int = 1
) -> np.ndarray:
    """Distances [n, n] of all shapes to all, by METRICS; infinite for None, the failures.

    `forms`: what the metric compares, arrays of one shape.
    """
    there = [form for form in forms if form is not None]
    distances = np.full((len(forms), len(forms)), np.inf)
    if not there:
        return distances
    with TemporaryDirectory() as folder:
        # One file that all processes map: the items of a queue would hold every shape n times.
        path = Path(folder) / "forms.npy"
        nothing = np.full_like(there[0], np.nan)
        np.save(path, np.stack([nothing if form is None else form for form in forms]))
        items = [(str(i), (i, path, metric)) for i in range(len(forms))]
        for i, row in enumerate(_in_order(distance_row, items, workers)):
            distances[i, i + 1 :] = distances[i + 1 :, i] = row
    np.fill_diagonal(distances, [np.inf if form is None else 0 for form in forms])
    return distances


def distance_row(_: str, item: tuple[int, Path, str]) -> np.ndarray:
    """Distances of the shape i of a file of forms to those after it."""
    i, path, metric = item
    forms = [None if np.isnan(f).any() else f for f in np.load(path, mmap_mode="r")[i:]]
    return distances_to(forms[0], forms[1:], METRICS[metric])


def _in_order(work, items: list[tuple], workers: int) -> list:
    """The results of `work` in the order of the items, whose names need not differ."""
    numbered = [(str(number), (work, *item)) for number, item in enumerate(items)]
    results = {}
    for number, result, reason in over_shapes(_call, numbered, workers):
        if reason is not None:
            raise UserError(reason)
        results[int(number)] = result
    return [results[number] for number in range(len(items))]


def _call(_: str, item: tuple):
    work, name, content = item
    return work(name, content)
