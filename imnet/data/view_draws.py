"""How views are drawn, apart from `views`: flags depend on it, and --help starts without h5py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ViewDraws:
    """How a training step draws views.

    Attributes:
        random_crops: cut them at random, not in the middle.
        mirrored: mirror them half of the time.
        one_a_batch: take the same view of all shapes of a batch.
    """

    random_crops: bool = True
    mirrored: bool = True
    one_a_batch: bool = False


ORIGINAL = ViewDraws()
