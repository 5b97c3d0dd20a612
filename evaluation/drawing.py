"""Pictures of what autoencoders decode: surfaces of codes, rows of meshes."""

from typing import TYPE_CHECKING

import numpy as np

from imnet.base.progress import progress
from imnet.pictures.rendering import largest_extent, render_mesh, tile_pictures
from imnet.surfaces import Mesh, extract_surface

if TYPE_CHECKING:
    from IMGAN.model import Autoencoder


def decode_surfaces(model: "Autoencoder", codes: np.ndarray, resolution: int) -> list[Mesh]:
    """Extract the surfaces of codes [n, z_dim] in the unit frame; empty where there is none."""
    return [
        extract_surface(model.field(z), resolution, dense=model.dense).in_unit_frame()
        for z in progress(codes, "surfaces", unit="mesh")
    ]


def draw_rows(rows: dict[str, list[Mesh]], size: int) -> np.ndarray:
    """Draw a row of pictures for each entry, named below; each column has its own scale."""
    columns = list(zip(*rows.values(), strict=True))
    scales = [largest_extent(column) for column in columns]
    pictures, labels = [], []
    for name, meshes in rows.items():
        for mesh, scale in zip(meshes, scales, strict=True):
            pictures.append(render_mesh(*mesh, size, extent=scale))
            labels.append(name)
    return tile_pictures(pictures, labels, columns=len(columns))
