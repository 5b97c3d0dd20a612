"""The latent GAN at work: its training codes, its pictures, the codes that it draws."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from IMGAN.model import Autoencoder
from imnet.base.errors import UserError
from imnet.base.progress import progress
from imnet.data.codes import decoder_of, read_codes
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.networks.checkpoints import place_exists
from imnet.networks.latent_gan import ZGAN
from imnet.pictures.images import code_histogram, write_picture
from imnet.surfaces import Field, extract_surface
from imnet.surfaces.triangles import WHOLE, in_one_part

SAVE_INTERVAL = 1000
KNOWN = 1000  # codes that a cloud is compared with
MOST_DRAWN = 50  # codes at most, for each whole one that is asked for


def read_training_codes(path: Path) -> np.ndarray:
    """Read the codes [n, z_dim] that `--ae` extracted.

    Raises UserError if there are none, or they are not in 0..1, as an autoencoder's are.
    """
    if not path.is_file():
        raise UserError(f"no codes {path}: extract them first, with --ae alone")
    codes = read_codes(path)
    if not 0 <= codes.min() <= codes.max() <= 1:
        raise UserError(
            f"{path} has codes from {codes.min():g} to {codes.max():g}, an autoencoder's are from "
            "0 to 1: extract them again, with --ae alone"
        )
    return codes


def in_one_part_at(
    codes: np.ndarray,
    field: Callable[[np.ndarray], Field],
    level: float = 0.5,
    dense: bool = False,
    share: float = WHOLE,
) -> np.ndarray:
    """Return which codes [n, z_dim] have a surface at 64³ in one part: bool [n].

    `field` leads from a code to its field; `level` and `dense` as in `extract_surface`, `share` (of
    the surface's area) as in `in_one_part`.
    """
    seen = progress(codes, "looking for whole shapes", unit="code", delay=2)
    surfaces = (extract_surface(field(z), VOXEL_RESOLUTION, level, dense) for z in seen)
    return np.array([in_one_part(surface, share) for surface in surfaces], bool)


def write_histograms(codes: np.ndarray, samples: np.ndarray, folder: Path) -> None:
    """Write the histograms of training codes and of samples [n, z_dim], to compare by eye."""
    write_picture(folder / "z_train.png", code_histogram(codes))
    write_picture(folder / "z_gen.png", code_histogram(samples))


def draw_codes(folder: Path, z_dim: int, count: int, seed: int) -> np.ndarray:
    """Draw codes [count, z_dim] of the trained latent GAN, see `ZGAN.draw_codes`."""
    return load_gan(folder, z_dim).draw_codes(count, seed)


def load_gan(folder: Path, z_dim: int) -> ZGAN:
    """Load the trained latent GAN. UserError if there is none, or its codes have another width."""
    if not place_exists(folder):
        raise UserError(
            f"no latent GAN {folder}: train one, or name its place with `gan` (the port has none)"
        )
    zgan = ZGAN.from_checkpoint(folder)
    if zgan.z_dim != z_dim:
        raise UserError(f"the GAN makes codes of width {zgan.z_dim}, the decoder takes {z_dim}")
    return zgan


def draw_whole(folder: Path, count: int, seed: int, model: Autoencoder, level: float) -> np.ndarray:
    """Draw codes until the surfaces of `count` are in one part; return these [count, z_dim].

    A sample with a crumb, however small, is left out: there are enough others.

    Raises UserError if too few of them are.
    """
    zgan, found, drawn = load_gan(folder, model.z_dim), [], 0
    while len(found) < count:
        if drawn >= MOST_DRAWN * count:
            raise UserError(
                f"--whole: of {drawn} samples {len(found)} are in one part at level {level:g}: "
                "leave it out, or train the latent GAN longer"
            )
        more = zgan.draw_codes(2 * drawn or count, seed)[drawn:]
        found.extend(more[in_one_part_at(more, model.field, level, model.dense, share=1)])
        drawn += len(more)
    print(f"{len(found)} of {drawn} samples drawn are in one part")
    return np.array(found[:count])


def known_codes(path: Path, decoder: str, gan: Path, z_dim: int, seed: int) -> np.ndarray:
    """Return codes [n, z_dim] of shapes: extracted ones, and samples of the latent GAN.

    Args:
        path: of the extracted codes, if they are there and of the decoder.
        decoder: its fingerprint.
        gan: folder of the latent GAN, if it is there.
        z_dim: width of the codes.
        seed: of the samples.

    Raises:
        UserError: there are neither codes nor a GAN.
    """
    known = []
    if path.is_file() and decoder_of(path) in (None, decoder):
        known.append(read_codes(path, z_dim)[:KNOWN])
    if place_exists(gan):
        known.append(draw_codes(gan, z_dim, KNOWN, seed))
    if not known:
        raise UserError(
            f"a cloud is fitted from codes of other shapes: there is neither {path} (extract them, "
            f"with --ae alone) nor a latent GAN {gan} (or name its place with `gan`)"
        )
    return np.concatenate(known)


def kept(codes: Mapping[int, np.ndarray], folder: Path) -> dict[int, np.ndarray]:
    """Return the numbered codes whose picture `<t>_1t.png` the user has kept in the folder."""
    left = {t: z for t, z in codes.items() if (folder / f"{t}_1t.png").is_file()}
    if not left:
        raise UserError(f"no picture <t>_1t.png is left in {folder}: nothing to resample")
    return left


def pick(
    codes: Mapping[int, np.ndarray], numbers: tuple[int, int], source: str | None
) -> list[np.ndarray]:
    """Return the codes of two numbers. Raises UserError for one that `source` has no code of."""
    for number in numbers:
        if number not in codes:
            raise UserError(
                f"--interpolate {number}: {source or 'the latent GAN'} has no such code"
            )
    return [codes[number] for number in numbers]
