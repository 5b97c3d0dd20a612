"""Figures of an autoencoder's reconstructions of the shapes of a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imnet.base.errors import UserError
from imnet.base.names import names_of
from imnet.base.progress import progress
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.data.rows import Rows
from imnet.metrics.fields import reconstruction_figures
from imnet.surfaces import Field, extract_surface
from imnet_evaluation.paired import Measures, how_measured, pair_figures
from imnet_evaluation.shapes import GRID, Failure, Shape, mesh_shape, voxel_shape
from imnet_evaluation.tables import Report, mean_rows, problem_notes

if TYPE_CHECKING:
    from IMGAN.model import Autoencoder


def reconstruct_dataset(
    checkpoint: str | Path,
    dataset: str | Path,
    resolution: int | None = None,
    measures: Measures | None = None,
    fit: bool = False,
) -> Report:
    """Compare an autoencoder with the shapes of its dataset: a row for each shape.

    With `fit`, all figures are of codes that are fitted to the shapes; those of the encoder alone
    stand in a note and in the column `encoder_iou`.

    The IoU and the mean field error are those of the field at the 64³ cell centres. With a
    resolution the rows also have `measures` of the surfaces at iso-level 0.5, in the unit frame.

    Raises:
        UserError: the checkpoint or the dataset cannot be used.
    """
    shapes = PointValueDataset(dataset)
    names = names_of(shapes.path, len(shapes))
    model = load_autoencoder(checkpoint)
    if resolution:
        check_resolution(model, resolution)
    centres, rows = cell_centres(GRID), []
    encoded = model.encode(shapes.voxels)
    codes = fitted(model, shapes.voxels, encoded) if fit else encoded
    known = list(zip(names, shapes.voxels, codes, strict=True))
    for index, (name, voxels, z) in enumerate(progress(known, unit="shape")):
        if not voxels.any():
            raise UserError(f"{shapes.path}: shape {index}, {name}, is empty: sample it again")
        field, row = model.field(z), {"name": name}
        if resolution:
            prediction = field_shape(field, resolution, model.dense)
            row |= pair_figures(prediction, voxel_shape(voxels), index, measures)
        row |= reconstruction_figures(field(centres), voxels)
        if fit:
            alone = reconstruction_figures(model.field(encoded[index])(centres), voxels)
            row["encoder_iou"] = alone["iou"]
        rows.append(row)
    summary = mean_rows(rows)
    mean, least = summary[0], min(row["iou"] for row in rows)
    notes = [*problem_notes(rows), how_measured(measures)] if resolution else []
    notes.append(
        f"{len(rows)} shapes at {GRID}³: mean IoU {mean['iou']:.4f} "
        f"(least {least:.4f}), mean field error {mean['field_error']:.6f}"
    )
    if fit:
        notes.append(
            f"codes fitted to the shapes; by the encoder alone: mean IoU {mean['encoder_iou']:.4f}"
        )
    return Report(rows, summary, notes)


def fitted(model: "Autoencoder", voxels: Rows, encoded: np.ndarray) -> np.ndarray:
    """Return codes fitted to voxels. Raises UserError for a decoder of voxels."""
    if model.only_resolution is not None:
        raise UserError("--fit is for the implicit decoder: leave it out")
    from IMGAN.fitting import fit_voxels  # imports TensorFlow

    return fit_voxels(model.decoder, voxels, encoded)


def load_autoencoder(path: str | Path) -> "Autoencoder":
    """Load an autoencoder, see IMGAN.model.load_autoencoder. TensorFlow is imported here."""
    from IMGAN.model import load_autoencoder

    return load_autoencoder(path)


def check_resolution(model: "Autoencoder", resolution: int) -> None:
    """Raise UserError if the decoder is of another resolution."""
    if model.only_resolution not in (None, resolution):
        raise UserError(
            f"--resolution {resolution}: the decoder gives {model.only_resolution}³ voxels: "
            f"give --resolution {model.only_resolution}"
        )


def field_shape(field: Field, resolution: int, dense: bool) -> Shape | Failure:
    """Extract a field's surface in the unit frame, or the failure that there is none."""
    try:
        return mesh_shape(extract_surface(field, resolution, dense=dense).in_unit_frame())
    except Failure as failure:
        return failure
