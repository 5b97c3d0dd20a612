"""Figures of an autoencoder's reconstructions of the shapes of a dataset."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from evaluation.options import Options
from evaluation.paired import how_measured, pair_figures
from evaluation.shapes import GRID, Failure, mesh_shape, voxel_shape
from evaluation.tables import Report, mean_rows, problem_notes
from imnet.base.errors import UserError
from imnet.base.names import names_of
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.metrics.fields import reconstruction_figures
from imnet.networks.quiet import import_tensorflow
from imnet.surfaces.extraction import Field, extract_surface
from imnet.surfaces.mesh_files import unit_vertices

if TYPE_CHECKING:
    from IMGAN.model import Autoencoder


def reconstruct_dataset(options: Options) -> Report:
    """--checkpoint against --dataset: a row a shape.

    The IoU and the mean field error are of the field at the 64³ cell centres. With --resolution
    also the figures of the surfaces, extracted there at iso-level 0.5, in the unit frame.

    Raises:
        UserError: the checkpoint or the dataset cannot be used.
    """
    dataset = PointValueDataset(options.dataset)
    names = names_of(dataset.path, len(dataset))
    model = load_autoencoder(options.checkpoint)
    if options.resolution:
        check_resolution(model, options.resolution)
    centres, rows = cell_centres(GRID), []
    for index, (name, voxels, z) in enumerate(tqdm(
        list(zip(names, dataset.voxels, model.encode(dataset.voxels), strict=True)),
        desc="shapes", unit="shape", disable=None,
    )):  # fmt: skip
        if not voxels.any():
            raise UserError(f"{dataset.path}: shape {index}, {name}, is empty: sample it again")
        field, row = model.field(z), {"name": name}
        if options.resolution:
            row |= surface_row(field, voxels, index, model.dense, options)
        rows.append({**row, **reconstruction_figures(field(centres), voxels)})
    summary = mean_rows(rows)
    mean, least = summary[0], min(row["iou"] for row in rows)
    notes = [*problem_notes(rows), how_measured(options)] if options.resolution else []
    notes.append(
        f"{len(rows)} shapes at {GRID}³: mean IoU {mean['iou']:.4f} "
        f"(least {least:.4f}), mean field error {mean['field_error']:.6f}"
    )
    return Report(rows, summary, notes)


def load_autoencoder(path: str | Path) -> "Autoencoder":
    """Load an autoencoder, see IMGAN.model.load_autoencoder. TensorFlow is imported here."""
    import_tensorflow()
    from IMGAN.model import load_autoencoder

    return load_autoencoder(path)


def check_resolution(model: "Autoencoder", resolution: int) -> None:
    """Raise UserError if the decoder is of another resolution."""
    if model.only_resolution not in (None, resolution):
        raise UserError(
            f"--resolution {resolution}: the decoder gives {model.only_resolution}³ voxels: "
            f"give --resolution {model.only_resolution}"
        )


def surface_row(
    field: Field, voxels: np.ndarray, index: int, dense: bool, options: Options
) -> dict:
    """The figures of a field's surface at --resolution against the voxels' surface."""
    truth = voxel_shape(voxels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an empty field is counted
        vertices, triangles = extract_surface(field, options.resolution, dense=dense)
    try:
        prediction = mesh_shape(unit_vertices(vertices, options.resolution), triangles)
    except Failure as failure:
        prediction = failure
    return pair_figures(prediction, truth, index, options)
