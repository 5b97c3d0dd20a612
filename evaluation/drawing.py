"""Pictures of what autoencoders decode: surfaces of codes, rows of meshes, moving pictures."""

import warnings
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from tqdm import tqdm

from imnet.base.files import written_whole
from imnet.pictures.rendering import largest_extent, render_mesh, tile_pictures
from imnet.surfaces.extraction import extract_surface
from imnet.surfaces.mesh_files import unit_vertices

if TYPE_CHECKING:
    from IMGAN.encoder import Autoencoder

Mesh = tuple[np.ndarray, np.ndarray]  # vertices [v, 3] in the unit frame, triangles [f, 3]
COLOURS = 64
FRAME_MILLISECONDS = 100


def decode_surfaces(model: "Autoencoder", codes: np.ndarray, resolution: int) -> list[Mesh]:
    """The surfaces of codes [n, z_dim] in the unit frame; empty where there is none."""
    meshes = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the picture says that it is empty
        for z in tqdm(codes, desc="surfaces", unit="mesh", disable=None):
            vertices, triangles = extract_surface(model.field(z), resolution, dense=model.dense)
            meshes.append((unit_vertices(vertices, resolution), triangles))
    return meshes


def codes_along(ends: np.ndarray, steps: int) -> np.ndarray:
    """Codes [(n - 1) * steps + 1, z_dim] on the straight lines from each code of ends to the next.

    `ends` [n, z_dim] are among them; there are `steps` from one to the next.
    """
    share = np.arange(steps, dtype=np.float32)[:, None] / np.float32(steps)  # [steps, 1]
    legs = [a + share * (b - a) for a, b in pairwise(ends)]
    return np.concatenate([*legs, ends[-1:]])


def draw_rows(rows: dict[str, list[Mesh]], size: int) -> np.ndarray:
    """A row of pictures for each entry, its name under each; every column of one scale."""
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
    """The frames, and back from the last to the first, each end once: a loop without a jump."""
    return frames + frames[-2:0:-1]
