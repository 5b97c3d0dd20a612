"""The latent GAN at work: its batches of codes, its pictures, the codes that it draws."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from IMGAN.modelz import NOISE_DEVIATION, ZGAN
from imnet.base.errors import UserError
from imnet.data.batches import Batch, epoch_rng
from imnet.data.codes import read_codes
from imnet.pictures.images import code_histogram, write_picture

CODES_A_BATCH = 50
SAVE_INTERVAL = 1000


def read_training_codes(path: Path) -> np.ndarray:
    """Read the codes [n, z_dim] that `--ae` extracted. Raises UserError if there are none."""
    if not path.is_file():
        raise UserError(f"no codes {path}: extract them first, with --ae alone")
    return read_codes(path)


def batches(codes: np.ndarray, seed: int, epoch: int) -> Iterator[Batch]:
    """Give an epoch's batches of min(50, n) of the codes [n, z_dim]; a partial last is dropped."""
    rng = epoch_rng(seed, epoch)
    size = min(CODES_A_BATCH, len(codes))
    order = rng.permutation(len(codes))
    for i in range(0, len(codes) - size + 1, size):
        shapes = order[i : i + size]
        noise = draw_noise(rng, size, codes.shape[1])
        yield Batch(shapes, {"codes": codes[shapes], "noise": noise, "epsilon": rng.uniform()})


def draw_noise(rng: np.random.Generator, count: int, z_dim: int) -> np.ndarray:
    """Draw noise [count, z_dim] float32, normal(0, 0.2)."""
    return rng.normal(0, NOISE_DEVIATION, (count, z_dim)).astype(np.float32)


def write_histograms(zgan: ZGAN, codes: np.ndarray, seed: int, folder: Path) -> None:
    """Write the histograms of the training codes and of as many new ones, to compare by eye."""
    noise = draw_noise(np.random.default_rng(seed), len(codes), zgan.z_dim)
    write_picture(folder / "z_train.png", code_histogram(codes))
    write_picture(folder / "z_gen.png", code_histogram(zgan.generate(noise)))


def draw_codes(folder: Path, z_dim: int, count: int, seed: int) -> np.ndarray:
    """Draw codes [count, z_dim] from the trained generator; the first ones depend on seed alone."""
    zgan = ZGAN.from_checkpoint(folder)
    if zgan.z_dim != z_dim:
        raise UserError(f"the GAN makes codes of width {zgan.z_dim}, the decoder takes {z_dim}")
    return zgan.generate(draw_noise(np.random.default_rng(seed), count, z_dim))


def kept(codes: Mapping[int, np.ndarray], folder: Path) -> dict[int, np.ndarray]:
    """Give the numbered codes whose picture `<t>_1t.png` the user has kept in the folder."""
    left = {t: z for t, z in codes.items() if (folder / f"{t}_1t.png").is_file()}
    if not left:
        raise UserError(f"no picture <t>_1t.png is left in {folder}: nothing to resample")
    return left


def pick(
    codes: Mapping[int, np.ndarray], numbers: tuple[int, int], source: str | None
) -> list[np.ndarray]:
    """Give the codes of two numbers. Raises UserError for a number that `source` has no code of."""
    for number in numbers:
        if number not in codes:
            raise UserError(
                f"--interpolate {number}: {source or 'the latent GAN'} has no such code"
            )
    return [codes[number] for number in numbers]
