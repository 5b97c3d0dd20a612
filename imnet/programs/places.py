"""Where a network lies that a flag names, and what lies beside it."""

import re
from pathlib import Path


def folder_of(place: str | Path) -> Path:
    """Return the folder of a place: the place itself, or of a checkpoint the folder it is in."""
    path = Path(place).absolute()
    return path if path.is_dir() else path.parent


def name_of(place: str | Path) -> str:
    """Return the name that a place was trained under: `chairs` of `chairs_64`, `chairs_ae_64`."""
    return re.sub(r"(_ae)?_64$", "", folder_of(place).name)


def gan_of(folder: str | Path, name: str, z_dim: int) -> Path:
    """Return where a latent GAN for codes of z_dim is, in the folder that holds all of a name."""
    return Path(folder) / f"{name}_z_{z_dim}_{z_dim}"


def gan_beside(place: str | Path, z_dim: int) -> Path:
    """Return where the latent GAN of an autoencoder's place is."""
    return gan_of(folder_of(place).parent, name_of(place), z_dim)
