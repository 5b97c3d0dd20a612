"""The training loop of every network."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from imnet.base.errors import UserError
from imnet.data.batches import Batch, one_ahead
from imnet.networks.network import Network
from imnet.networks.schedule import Schedule

Batches = Callable[[int], Iterator[Batch]]  # the batches of an epoch


@dataclass(frozen=True)
class Trainer:
    """Trains networks.

    Attributes:
        folder: where checkpoints and TensorBoard's curves go.
        start: the first epoch to train, 0 or the one after the newest checkpoint's.
        schedule: the last epoch, learning rates, when to save.
    """

    folder: Path
    start: int
    schedule: Schedule

    def train(
        self,
        network: Network,
        batches: Batches,
        shapes: int,
        write_pictures: Callable[[int, Batch], None],
        calibration_epochs: int = 0,
    ) -> bool:
        """Train and save the network; give whether there was anything to do.

        Args:
            network: is trained.
            batches: gives an epoch's batches, a function of the epoch alone: a resumed training
                then repeats an uninterrupted one.
            shapes: how many the dataset holds.
            write_pictures: is called with each saved epoch and its last batch.
            calibration_epochs: after a short training, take the batch norms' averages over so many
                epochs of batches.

        Raises:
            UserError: a loss is no number. The last checkpoint is kept as it is.
        """
        schedule = self.schedule
        if self.start >= schedule.end:
            done = f"trained to epoch {self.start - 1}, --epoch {schedule.total} is a total"
            print(f"nothing to do: {done}")
            return False
        curves = tf.summary.create_file_writer(str(self.folder))
        began = time.time()
        losses: list = []
        epochs = range(self.start, schedule.end)
        for epoch in tqdm(
            epochs, "epochs", initial=self.start, total=schedule.end, unit="epoch", disable=None
        ):
            rate = schedule.rate(epoch)
            network.set_learning_rate(rate)
            prepared = one_ahead(batches(epoch))
            losses, batch = self._train_epoch(network, prepared, epoch, shapes, began)
            means = np.atleast_1d(np.mean(losses, axis=0))
            with curves.as_default(step=epoch):
                tf.summary.scalar("learning_rate", rate)
                for name, mean in zip(network.loss_names, means, strict=True):
                    tf.summary.scalar(name, mean)
            if schedule.saves(epoch, network.save_offset):
                curves.flush()
                write_pictures(epoch, batch)
                network.save(self.folder, epoch)
        if calibration_epochs:
            following = range(schedule.end, schedule.end + calibration_epochs)
            inputs = (batch.inputs for epoch in following for batch in batches(epoch))
            steps = schedule.end * len(losses)
            if network.calibrate(steps, inputs):
                print(f"{steps} steps are few: the batch norms' averages are taken anew")
                network.save(self.folder, schedule.end - 1)
        return True

    def _train_epoch(
        self, network: Network, batches: Iterator[Batch], epoch: int, shapes: int, began: float
    ) -> tuple[list, Batch]:
        """Train on an epoch's batches; give their losses and the last batch."""
        losses, seen = [], 0

        def say(shape: int) -> None:
            seconds = time.time() - began
            tqdm.write(network.line(epoch, self.schedule.total, shape, shapes, seconds, losses))

        for _, steps in groupby(batches, lambda batch: batch.shapes.tobytes()):
            for batch in steps:  # on the same shapes
                losses.append(network.train_step(**batch.arrays))
                if not np.isfinite(losses[-1]).all():
                    raise UserError(
                        f"the loss is {losses[-1]} in epoch {epoch}: training stopped, and "
                        f"{self.folder} keeps the last good checkpoint; try a smaller "
                        f"--learning_rate than {self.schedule.learning_rate:g}"
                    )
            if network.line_every and seen % network.line_every < len(batch.shapes):
                say(seen)
            seen += len(batch.shapes)
        if not network.line_every:
            say(shapes)
        return losses, batch
