"""A user's own shape: read from a file, encoded, fitted in steps that can be watched."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from IMGAN.fitting import fit_voxels
from IMGAN.model import IMAE
from IMGAN.shape_files import (
    LEAST_IOU,
    ShapeFile,
    fit_shape,
    observed_mesh,
    read_shape_files,
)
from imnet.base.errors import UserError
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import iou
from imnet.networks.completion import are_symmetric
from imnet.networks.scans import Place
from imnet.surfaces import Mesh
from imnet.surfaces.voxelize import axes_to_shapenet

AXES = ("+x", "-x", "+y", "-y", "+z", "-z")
SLICES = (4, 4, 8, 16)  # steps of the fit, after each of which the shape is shown
POINTS = 4096  # of a step
ENCODED, FITTED = "encoder", "fitted"
FRAME = Place(1.0, np.zeros(3))  # of voxels


@dataclass(frozen=True)
class OwnShape:
    """A user's shape, as a code makes it.

    Attributes:
        observed: what the file holds, as a mesh in the unit frame.
        code: [z_dim] of the shape.
        encoded: the encoder's code; None for a scan, which it cannot take.
        how: ENCODED or FITTED.
        figures: how near the shape comes, in words.
        trusted: whether it comes near.
    """

    observed: Mesh
    code: np.ndarray
    encoded: np.ndarray | None
    how: str
    figures: str
    trusted: bool


def read_own_file(content: bytes, suffix: str, up: str, front: str) -> ShapeFile:
    """Read the content of a file with one of SHAPE_SUFFIXES, and with these axes.

    Raises:
        UserError: it is damaged or empty, or up and front are along the same axis.
    """
    rotation = axes_to_shapenet(up, front)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(content)
        try:
            shapes, _ = read_shape_files((str(path),), rotation, None, None, seed=0)
        except UserError as error:
            raise UserError(str(error).replace(str(path), "the file")) from error
    return shapes[0]


def fit_in_steps(
    autoencoder: IMAE, file: ShapeFile, known: np.ndarray | None, level: float
) -> Iterator[OwnShape]:
    """Yield the encoder's shape of a file, then fitted ones that come nearer; of a scan one alone.

    Args:
        autoencoder: encodes and decodes.
        file: what is fitted.
        known: codes [n, z_dim] of other shapes, from which a scan's fit starts.
        level: of the surface.

    Raises:
        UserError: it is a scan, and no other shapes are known.
    """
    if file.scan is not None:
        if known is None:
            raise UserError(
                "a scan is fitted from other shapes: there are neither shapes nor a GAN"
            )
        symmetric = are_symmetric(autoencoder.decoder, known)
        fit = fit_shape(autoencoder, file, known, symmetric, level, seed=0)
        observed = observed_mesh(file, fit.place)
        yield OwnShape(observed, fit.code, None, FITTED, fit.figures, fit.doubt is None)
        return
    voxels, centres = file.voxels[None, ..., None].astype(np.uint8), cell_centres(VOXEL_RESOLUTION)
    observed, encoded = observed_mesh(file, FRAME), autoencoder.encode(voxels)[0]

    def shape(code: np.ndarray, how: str) -> OwnShape:
        found = iou(autoencoder.decode(centres, code) > level, voxels.ravel() > 0)
        return OwnShape(observed, code, encoded, how, f"IoU {found:.3f}", found >= LEAST_IOU)

    code = encoded
    yield shape(code, ENCODED)
    for steps in SLICES:
        (code,) = fit_voxels(autoencoder.decoder, voxels, code[None], POINTS, steps)
        yield shape(code, FITTED)
