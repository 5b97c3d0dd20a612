"""Pictures of what autoencoders decode: surfaces of codes, rows of meshes, moving pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from tqdm import tqdm

from imnet.base.files import written_whole
from imnet.pictures.rendering import largest_extent, render_mesh, tile_pictures
from imnet.surfaces import Mesh, extract_surface

if TYPE_CHECKING:
    from IMGAN.model import Autoencoder

COLOURS = 64
FRAME_MILLISECONDS = 100


def decode_surfaces(model: "Autoencoder", codes: np.ndarray, resolution: int) -> list[Mesh]:
    """Extract the surfaces of codes [n, z_dim] in the unit frame; empty where there is none."""
    return [
        extract_surface(model.field(z), resolution, dense=model.dense).in_unit_frame()
        for z in tqdm(codes, desc="surfaces", unit="mesh", disable=None)
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


def write_gif(path: Path, frames: list[np.ndarray]) -> None:
    """Write frames uint8 [h, w, 3] RGB as an endless GIF."""
    images = [Image.fromarray(frame).quantize(COLOURS) for frame in frames]
    with written_whole(path) as beside:
        images[0].save(
            beside, format="GIF", save_all=True, append_images=images[1:],
            duration=FRAME_MILLISECONDS, loop=0,
        )  # fmt: skip


def there_and_back(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Give the frames, then those between the ends backwards: a loop without a jump."""
    return frames + frames[-2:0:-1]
