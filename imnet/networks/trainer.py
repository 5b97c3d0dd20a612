"""What every training loop needs: order, schedule, log."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm


def epoch_rng(seed: int, epoch: int) -> np.random.Generator:
    """The source of every random draw of an epoch; a resumed run repeats an uninterrupted one."""
    return np.random.default_rng([seed, epoch])


def learning_rate_at(epoch: int, learning_rate: float, half_life: float | None) -> float:
    """The learning rate of an epoch, halved every `half_life` epochs if that is given."""
    return learning_rate if half_life is None else learning_rate * 0.5 ** (epoch / half_life)


def epochs_with_progress(start: int, end: int) -> Iterator[int]:
    """Count from start to end - 1 under a progress bar with rate and time left."""
    yield from tqdm(
        range(start, end), desc="epochs", unit="epoch", initial=start, total=end, disable=None
    )


def epoch_line(epoch: int, end: int, i: int, shapes: int, began: float, losses: list[float]) -> str:
    """The original's line of progress: epoch of `end`, shape i of `shapes`, seconds since `began`,
    the last of the epoch's losses and their mean."""
    return (
        f"Epoch: [{epoch:2d}/{end:2d}] [{i:4d}/{shapes:4d}] time: {time.time() - began:4.4f}, "
        f"loss: {losses[-1]:.8f}, avgloss: {np.mean(losses):.8f}"
    )


class Scalars:
    """TensorBoard scalars beside the checkpoints."""

    def __init__(self, folder: Path):
        self.writer = tf.summary.create_file_writer(str(folder))

    def write(self, epoch: int, **values: float) -> None:
        """Write named values of an epoch."""
        with self.writer.as_default(step=epoch):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self.writer.flush()
