"""The tensors of the PyTorch port's networks under our names, and the other way round."""

from collections.abc import Mapping
from itertools import count

import numpy as np

# How the axes of the port's tensors become ours.
_LINEAR, _CONV2D, _CONV3D, _SAME = (1, 0), (2, 3, 1, 0), (2, 3, 4, 1, 0), (0,)
Names = list[tuple[str, str, tuple[int, ...]]]


def decoder_names() -> Names:
    """The implicit decoder's tensors: the port's name, ours, axes."""
    names: Names = []
    for i in range(1, 8):
        names.append((f"generator.linear_{i}.weight", f"simple_net/h{i}_lin/Matrix", _LINEAR))
        names.append((f"generator.linear_{i}.bias", f"simple_net/h{i}_lin/bias", _SAME))
    return names


def voxel_encoder_names() -> Names:
    """The voxel encoder's tensors."""
    return [
        *((f"encoder.conv_{i}.weight", f"encoder/conv_{i}/Matrix", _CONV3D) for i in range(1, 6)),
        ("encoder.conv_5.bias", "encoder/conv_5/bias", _SAME),
    ]


def image_encoder_names() -> Names:
    """The image encoder's tensors. Its norms are numbered in the order of creation."""
    names: Names = []
    numbers = count()

    def add(convolution: str, kernel: str, norm: str) -> None:
        number = next(numbers)
        scope = f"encoder/BatchNorm{f'_{number}' if number else ''}"
        names.append((f"img_encoder.{convolution}.weight", f"encoder/{kernel}/Matrix", _CONV2D))
        for theirs, ours in (
            ("weight", "gamma"), ("bias", "beta"),
            ("running_mean", "moving_mean"), ("running_var", "moving_variance"),
        ):  # fmt: skip
            names.append((f"img_encoder.{norm}.{theirs}", f"{scope}/{ours}", _SAME))

    add("conv_0", "conv0", "bn_0")
    for i in range(1, 9):
        for part, suffix in (("1", "1"), ("2", "2"), *((("s", "3"),) if i in (3, 5, 7) else ())):
            add(f"res_{i}.conv_{part}", f"conv{i}_{suffix}", f"res_{i}.bn_{part}")
    add("conv_9", "conv9", "bn_9")
    names.append(("img_encoder.conv_10.weight", "encoder/conv10/Matrix", _CONV2D))
    names.append(("img_encoder.conv_10.bias", "encoder/conv10/bias", _SAME))
    return names


def from_port(state: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the port's tensors under our names, and the names of those that it has not.

    PyTorch's batch norms also count their batches, which nothing uses.
    """
    image = any(name.startswith("img_encoder.") for name in state)
    encoder = image_encoder_names() if image else voxel_encoder_names()
    known = {
        theirs: (ours, axes)
        for theirs, ours, axes in decoder_names() + encoder
        if theirs in state and state[theirs].ndim == len(axes)
    }
    tensors = {
        ours: state[theirs].astype(np.float32).transpose(axes)
        for theirs, (ours, axes) in known.items()
    }
    unknown = [n for n in state if n not in known and not n.endswith(".num_batches_tracked")]
    return tensors, unknown


def to_port(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return our tensors under the port's names, of an autoencoder or of an image encoder."""
    image = "encoder/conv0/Matrix" in tensors
    names = decoder_names() + (image_encoder_names() if image else voxel_encoder_names())
    return {theirs: tensors[ours].transpose(np.argsort(axes)) for theirs, ours, axes in names}
