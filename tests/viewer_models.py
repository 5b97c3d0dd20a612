"""Models for the viewer's tests."""

import shutil
from pathlib import Path

import cv2
import numpy as np

from imnet.networks.latent_gan import ZGAN
from imnet_viewer.loading import SHIPPED
from imnet_viewer.options import ModelOptions
from IMSVR.model import IMSVR

DRAG, FINEST = 32, 64  # grids of the tests' meshes


def make_checkpoints(folder: Path) -> Path:
    """Put the shipped autoencoder there, with a latent GAN and an image encoder never trained."""
    shutil.copytree(SHIPPED / "chairs_64", folder / "chairs_64")
    zgan = ZGAN(64, width=8)
    for matrix, _ in zgan.generator.layers:
        matrix.assign(50 * matrix)  # so that its codes differ
    zgan.save(folder / "chairs_z_64_64", 0, optimizer=False)
    encoder = IMSVR.from_autoencoder(folder / "chairs_64", ef_dim=2)
    encoder.save(folder / "chairs_128", 0, optimizer=False)
    return folder


def options(folder: Path, **changes: object) -> ModelOptions:
    """Return the flags for these checkpoints and four bundled chairs."""
    return ModelOptions(**{"dataset": "chairs", "checkpoint_dir": folder, "shapes": 4, **changes})


def png() -> bytes:
    """Return the content of a picture with a block on white."""
    picture = np.full((200, 200, 3), 255, np.uint8)
    picture[50:100, 50:100] = (90, 60, 30)
    return cv2.imencode(".png", picture)[1].tobytes()
