"""A network of any width that holds one real shape, a bundled chair, after minutes of training."""

from pathlib import Path

import numpy as np

import point_sampling
from IMGAN.model import IMAE
from imnet.base.progress import progress
from imnet.data.lattice import cell_centres, coordinates
from imnet.metrics.fields import reconstruction_figures
from imnet.networks.checkpoints import newest_checkpoint
from point_sampling.binvox_solids import load
from point_sampling.original import point_value_pairs

CHAIR = "chair/blendswap-cc-0_chair"  # of the bundled 54 it has a surface of about the mean size
LEARNING_RATE = 3e-4
STAGES = ((16, 25), (64, 450))  # resolution, steps
POINTS_A_STEP = 4096


def chair() -> np.ndarray:
    """Return the chair's voxels, bool [64, 64, 64]."""
    path = Path(point_sampling.__file__).parent / "furniture" / f"{CHAIR}.binvox"
    return load(CHAIR, path)


def load_or_overfit(folder: Path) -> IMAE:
    """Load the newest checkpoint of a folder; where there is none, overfit and save there."""
    if newest_checkpoint(folder, IMAE.name) is not None:
        return IMAE.from_checkpoint(folder)
    imae = IMAE(ef_dim=8, norm="instance", learning_rate=LEARNING_RATE)
    overfit(imae, STAGES)
    imae.save(folder, sum(steps for _, steps in STAGES), optimizer=False)
    voxels = chair()[..., None]  # [64, 64, 64, 1]
    values = imae.decode(cell_centres(64), imae.encode(voxels[None])[0])
    print(f"overfitted: IoU {reconstruction_figures(values, voxels)['iou']:.3f} at 64³", flush=True)
    return imae


def overfit(imae: IMAE, stages: tuple[tuple[int, int], ...]) -> None:
    """Train on the chair, the learning rate falling to 0 over the second half of each stage."""
    start_at_he_scale(imae)
    rng = np.random.default_rng(0)
    arrays, _ = point_value_pairs(chair(), rng)
    for resolution, steps in stages:
        points = coordinates(arrays[f"points_{resolution}"], resolution)
        values = arrays[f"values_{resolution}"]
        for step in progress(range(steps), f"overfit at {resolution}³", unit="step"):
            imae.optimizer.learning_rate.assign(LEARNING_RATE * min(1, 2 * (1 - step / steps)))
            chosen = rng.choice(len(points), POINTS_A_STEP, replace=False)
            imae.train_step(arrays["voxels"][None], points[chosen], values[chosen])


def start_at_he_scale(imae: IMAE) -> None:
    """Scale the decoder's new matrices as narrow ones start: no plateau of hundreds of steps."""
    for matrix, _ in imae.decoder.layers:
        rows = matrix.shape[0]
        scale = np.full((rows, 1), (2 / rows) ** 0.5 / np.std(matrix), np.float32)
        if matrix.shape[1] > 1:  # the point's three rows weigh as much as the code's
            scale[-imae.z_dim - 3 : -imae.z_dim] *= (imae.z_dim / 3) ** 0.5
        matrix.assign(matrix * scale)
