"""What training the image encoder takes beside the Trainer."""

from pathlib import Path

import numpy as np

from imnet.data.batches import Batch
from imnet.data.hdf5 import write_arrays
from imnet.data.rows import Rows
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.data.views import centre_crops
from imnet.pictures.images import write_picture, write_projections
from imnet.surfaces import sample_field
from IMSVR.model import IMSVR
from IMSVR.resemblance import CODES_FILE, distances_to_nearest


def write_pictures(imsvr: IMSVR, batch: Batch, voxels: Rows, folder: str, epoch: int) -> None:
    """Write what a batch's first shape was trained on, and what is made of it.

    `<epoch>_v.png` is the crop; `<epoch>_{1,2,3}t.png` and `_{1,2,3}i.png` are three sides of
    prediction and truth, out of voxels [N, 64, 64, 64, 1].
    """
    crop = batch.inputs[0]
    z = imsvr.encode(crop[None])[0]
    grid = sample_field(imsvr.field(z), VOXEL_RESOLUTION)
    write_projections(folder, str(epoch), "t", grid)
    write_projections(folder, str(epoch), "i", voxels[batch.numbers[0], ..., 0])
    write_picture(Path(folder) / f"{epoch}_v.png", crop[..., 0])


def write_resemblance(
    imsvr: IMSVR, pixels: Rows, codes: np.ndarray, views: int, folder: Path
) -> None:
    """Write what `resemblance` compares the codes of pictures with, beside the checkpoints.

    The distances are those of views that were kept from training, or of the first view if none was.
    """
    view, size = -1 if views < pixels.shape[1] else 0, imsvr.inputs_a_batch
    parts = (pixels[i : i + size, view] for i in range(0, len(pixels), size))
    predicted = np.concatenate([imsvr.encode(centre_crops(part)) for part in parts])
    distances = distances_to_nearest(predicted, codes)
    write_arrays(folder / CODES_FILE, zs=codes, distances=distances)
