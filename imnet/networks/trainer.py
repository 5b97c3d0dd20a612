"""The training loop of every network."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.base.lock import only_writer
from imnet.base.progress import Progress, progress, say, time_left
from imnet.data.batches import Batch, one_ahead
from imnet.networks.checkpoints import remove_torn
from imnet.networks.distribution import check_start, ending_together, is_chief
from imnet.networks.network import Network
from imnet.networks.records import write_run

Batches = Callable[[int], Iterator[Batch]]  # the batches of an epoch


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Trains a network from epoch `start` to `end` - 1.

    Attributes:
        folder: where checkpoints and TensorBoard's curves go.
        shapes: how many the dataset holds.
        start: the first epoch to train, 0 or the one after the newest checkpoint's.
        end: the epoch to stop before.
        total: the user's --epoch, which lines of progress name.
        learning_rate: of the first epochs.
        half_life: halve the rate every so many epochs; None keeps it.
        cosine: lower the rate along half a cosine, to 0 at `end`.
        line_interval: epochs between those whose lines of progress are printed.
        save_interval: epochs between checkpoints; the last epoch is always saved.
        run: is added to the record beside the checkpoints, see `describe_run`.
    """

    folder: Path
    shapes: int
    start: int
    end: int
    total: int
    learning_rate: float
    half_life: float | None = None
    cosine: bool = False
    line_interval: int = 1
    save_interval: int = 1
    run: Mapping[str, Any] | None = None

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch."""
        if self.cosine:
            return self.learning_rate * (1 + np.cos(np.pi * epoch / self.end)) / 2
        return self.learning_rate * 0.5 ** (epoch / self.half_life if self.half_life else 0)

    def saves(self, epoch: int, offset: int) -> bool:
        """Whether an epoch is saved although it is not the last: k * save_interval - offset."""
        return (epoch + offset) % self.save_interval == 0

    def train(
        self,
        network: Network,
        batches: Batches,
        before_saving: Callable[[int, Batch], None],
        calibration_epochs: int = 0,
        after_epoch: Callable[[int], bool] = lambda epoch: False,
    ) -> None:
        """Train and save the network.

        Args:
            network: is trained.
            batches: gives an epoch's batches, a function of the epoch alone: a resumed training
                then repeats an uninterrupted one.
            before_saving: is called with each saved epoch and its last batch; it may write
                summaries for TensorBoard. What it writes is there when the checkpoint is: a
                training that is killed in between does it again.
            calibration_epochs: after a short training, take the batch norms' averages over so many
                epochs of batches. A training that goes on from there to a later `end` has the
                weights of an uninterrupted one, but not its averages.
            after_epoch: is called with each epoch; it may write summaries for TensorBoard. The
                training ends, and the epoch is saved, if it returns True.

        Raises:
            UserError: a loss is no number, or another training writes to the folder, or the
                workers see different checkpoints. The checkpoints stay as they are.
        """
        with ending_together():
            check_start(self.start, self.folder)
            if self.start >= self.end:
                done = f"trained to epoch {self.start - 1}, and {self.total} is the total"
                print(f"nothing to do: {done}")
                return
            chief = is_chief()
            with only_writer(self.folder) if chief else nullcontext():
                if chief:
                    remove_torn(self.folder, network.name)
                    if self.run is not None:
                        write_run(self.folder, network.about(), self.run)
                self._train(network, batches, before_saving, calibration_epochs, after_epoch)

    def _train(
        self,
        network: Network,
        batches: Batches,
        before_saving: Callable[[int, Batch], None],
        calibration_epochs: int,
        after_epoch: Callable[[int], bool],
    ) -> None:
        chief = is_chief()
        curves = (
            tf.summary.create_file_writer(str(self.folder))
            if chief
            else tf.summary.create_noop_writer()
        )
        began, epochs = time.time(), range(self.start, self.end)
        with progress(doing="training", unit="shape", total=self.shapes * len(epochs)) as bar:
            for epoch in epochs:
                rate = self.rate(epoch)
                network.set_learning_rate(rate)
                prepared = one_ahead(batches(epoch))
                epoch_began = time.time()
                losses, batch = self._train_epoch(network, prepared, epoch, began, bar)
                shapes_a_second = self.shapes / (time.time() - epoch_began)
                means = np.atleast_1d(np.mean(losses, axis=0))
                with curves.as_default(step=epoch):
                    tf.summary.scalar("learning_rate", rate)
                    tf.summary.scalar("shapes_per_second", shapes_a_second)
                    for name, mean in zip(network.loss_names, means, strict=True):
                        tf.summary.scalar(name, mean)
                    ended = after_epoch(epoch) or epoch + 1 == self.end
                if calibration_epochs and ended:
                    following = range(epoch + 1, epoch + 1 + calibration_epochs)
                    inputs = (batch.inputs for epoch in following for batch in batches(epoch))
                    steps = (epoch + 1) * len(losses)
                    doing, total = "batch norms' averages", calibration_epochs * len(losses)
                    inputs = progress(inputs, doing, unit="step", total=total, delay=1)
                    if network.calibrate(steps, inputs):
                        print(f"{steps} steps are few: the batch norms' averages are taken anew")
                if chief and (ended or self.saves(epoch, network.save_offset)):
                    with curves.as_default(step=epoch):
                        before_saving(epoch, batch)
                    curves.flush()
                    network.save(self.folder, epoch)
                if ended:
                    break

    def _train_epoch(
        self,
        network: Network,
        batches: Iterator[Batch],
        epoch: int,
        began: float,
        bar: Progress,
    ) -> tuple[list, Batch]:
        """Train on an epoch's batches; return their losses and the last batch."""
        losses, seen = [], 0

        def say_line(shape: int) -> None:
            if not is_chief() or (epoch + 1) % self.line_interval:
                return
            seconds = time.time() - began
            done = (epoch - self.start + seen / self.shapes) / (self.end - self.start)
            line = network.line(epoch, self.total, shape, self.shapes, seconds, losses)
            say(f"{line}, left: {time_left(seconds, done)}")

        for _, steps in groupby(batches, lambda batch: batch.numbers.tobytes()):
            for batch in steps:  # on the same shapes
                losses.append(getattr(network, batch.step)(**batch.arrays))
                if not np.isfinite(losses[-1]).all():
                    raise UserError(
                        f"the loss is {losses[-1]} in epoch {epoch}: training stopped before a "
                        f"checkpoint in {self.folder} was spoilt; try a smaller `learning_rate` "
                        f"than {self.learning_rate:g}"
                    )
            first, seen = seen, seen + len(batch.numbers)
            bar.update(len(batch.numbers))
            if network.line_every and first % network.line_every < len(batch.numbers):
                say_line(first)
        bar.update(self.shapes - seen)  # those of a last batch that was too small
        if not network.line_every:
            say_line(self.shapes)
        return losses, batch
