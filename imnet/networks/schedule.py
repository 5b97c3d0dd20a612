"""How long to train, at which learning rates, and when to save."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """A training from any epoch to `end` - 1.

    Attributes:
        total: the user's --epoch, which lines of progress name.
        end: the epoch to stop before.
        learning_rate: of the first epochs.
        half_life: halve the rate every so many epochs; None keeps it.
        save_interval: epochs between checkpoints; the last epoch is always saved.
    """

    total: int
    end: int
    learning_rate: float
    half_life: float | None
    save_interval: int

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch."""
        halvings = epoch / self.half_life if self.half_life else 0
        return self.learning_rate * 0.5**halvings

    def saves(self, epoch: int, offset: int) -> bool:
        """Whether an epoch is saved: the last one, and k * save_interval - offset for every k."""
        return (epoch + offset) % self.save_interval == 0 or epoch + 1 == self.end
