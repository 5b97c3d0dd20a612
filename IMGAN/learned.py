"""Whether an autoencoder has learned its training shapes: their IoU, during training and after."""

import numpy as np
import tensorflow as tf

from IMGAN.model import Autoencoder
from imnet.base.names import names_of
from imnet.base.progress import say
from imnet.data.dataset import PointValueDataset
from imnet.data.rows import Rows
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import iou
from imnet.surfaces import sample_field

LEVEL = 0.5  # a field is above it inside its shape
NAMED = 8  # shapes of a line
SATURATED = 0.02  # a code value so near to 0 or 1 hardly changes any more


def training_ious(model: Autoencoder, codes: np.ndarray, voxels: Rows) -> np.ndarray:
    """Return the IoU [n] at 64³ of each code's field with its voxels [n, 64, 64, 64, 1]."""
    ious = []
    for i, z in enumerate(codes):
        field = sample_field(model.field(z), VOXEL_RESOLUTION, LEVEL, model.dense)
        ious.append(iou(field > LEVEL, voxels[i, ..., 0]))
    return np.array(ious)


class Learned:
    """Looks at the training shapes every so many epochs, and says when they are learned."""

    def __init__(
        self,
        model: Autoencoder,
        dataset: PointValueDataset,
        interval: int | None,
        wanted: float | None,
        end: int,
    ):
        """Take what to look at, and when.

        Args:
            model: is trained.
            dataset: holds the training shapes.
            interval: epochs between two looks; None never looks.
            wanted: IoU that each shape has when they are learned; None has no end.
            end: the epoch to stop before; there is a look at the one before it.
        """
        self.model, self.dataset, self.end = model, dataset, end
        self.interval, self.wanted = interval, wanted
        self.names = names_of(dataset.path, len(dataset))
        self.ious = np.zeros(len(dataset))

    def after(self, epoch: int) -> bool:
        """Look, where it is time to; return whether the shapes are learned."""
        due = self.interval and ((epoch + 1) % self.interval == 0 or epoch + 1 == self.end)
        return bool(due) and self.look(epoch)

    def look(self, epoch: int) -> bool:
        """Print the IoU of each shape, or of the least; show them to TensorBoard; see `after`."""
        codes = self.model.encode(self.dataset.voxels)
        self.ious = training_ious(self.model, codes, self.dataset.voxels)
        saturated = np.mean((codes < SATURATED) | (codes > 1 - SATURATED))
        least = np.sort(np.argsort(self.ious)[:NAMED])
        which = "the least: " if len(self.ious) > NAMED else ""
        named = ", ".join(f"{self.names[i]} {self.ious[i]:.3f}" for i in least)
        say(
            f"epoch {epoch}: IoU of the training shapes {self.ious.mean():.4f} ({which}{named}); "
            f"{saturated:.0%} of the code values are saturated"
        )
        tf.summary.scalar("iou", self.ious.mean())
        tf.summary.scalar("saturated", saturated)
        for i in least:
            tf.summary.scalar(f"iou/{self.names[i]}", self.ious[i])
        return self.wanted is not None and bool(self.ious.min() >= self.wanted)

    def status(self) -> int:
        """Say at the end whether the shapes are learned; return the exit status, 1 if not."""
        if self.wanted is None:
            return 0
        worst = int(np.argmin(self.ious))
        figures = (
            f"mean IoU {self.ious.mean():.4f}, the least {self.ious[worst]:.3f} of "
            f"{self.names[worst]}; {self.wanted:g} of each was wanted"
        )
        if self.ious[worst] >= self.wanted:
            print(f"learned: {figures}")
            return 0
        print(
            f"not learned: {figures}. Look at the least with test_vox.py."
            f" More epochs (--epoch {2 * self.end}) go on from here. In another --checkpoint_dir "
            "new weights may do better than trained ones (--start_from), or trained ones than new; "
            "more shapes need a wider network (--gf_dim 64)"
        )
        return 1
