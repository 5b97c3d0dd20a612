"""Points of a training step that are drawn from the voxels, not from a dataset's stored points."""

from collections.abc import Iterator

import numpy as np
import scipy

from imnet.data.batches import PointBatch, epoch_rng
from imnet.data.lattice import coordinates
from imnet.data.rows import Rows
from imnet.data.sizes import VOXEL_RESOLUTION

WINDOW = 3  # a voxel is next to the surface if the 3³ voxels around it are mixed


def next_to_surface(voxels: np.ndarray) -> np.ndarray:
    """Find the voxels whose 3³ voxels around them hold both 0 and 1: [R]³ → flat int32 [n].

    What is outside the grid is empty.
    """
    occupied = np.uint8(voxels != 0)
    largest, least = (
        of_windows(occupied, WINDOW, mode="constant")
        for of_windows in (scipy.ndimage.maximum_filter, scipy.ndimage.minimum_filter)
    )
    return np.flatnonzero(largest != least).astype(np.int32)


class VoxelPoints:
    """Draws batches of the 64³ voxels: half of a shape's points next to its surface, half anywhere.

    A dataset stores 32768 points a shape, of the windows of 7³ that are mixed. Of a shape with a
    large surface, such as a table, they are a few of the voxels that decide where its surface is.
    """

    def __init__(self, voxels: Rows):
        """Take the voxels [n, 64, 64, 64, 1] of all shapes."""
        self.voxels = voxels
        self._near: dict[int, np.ndarray] = {}  # by shape, found when it is first drawn

    def batches(
        self, seed: int, epoch: int, shapes_a_step: int, points_a_step: int
    ) -> Iterator[PointBatch]:
        """Yield each shape once, as `PointValueDataset.batches` does; seed and epoch decide all."""
        rng = epoch_rng(seed, epoch)
        order = rng.permutation(len(self.voxels))
        for i in range(0, len(order), shapes_a_step):
            shapes = np.sort(order[i : i + shapes_a_step])
            voxels = self.voxels[shapes]
            chosen = np.stack([self._draw(s, points_a_step, rng) for s in shapes])  # [s, m]
            cells = np.stack(np.unravel_index(chosen, (VOXEL_RESOLUTION,) * 3), -1)
            values = np.take_along_axis(voxels.reshape(len(shapes), -1), chosen, 1)[..., None]
            yield PointBatch(shapes, voxels, coordinates(cells, VOXEL_RESOLUTION), values)

    def _draw(self, shape: int, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw flat indices [count] of a shape's voxels, with repetition."""
        if shape not in self._near:
            self._near[shape] = next_to_surface(self.voxels[shape, ..., 0])
        anywhere = rng.integers(0, VOXEL_RESOLUTION**3, count)
        near = self._near[shape]
        if len(near):
            anywhere[: count // 2] = rng.choice(near, count // 2)
        return anywhere
