"""The flags of every training, and of trainings that are large."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from math import inf

from imnet.base.errors import UserError
from imnet.base.flags import option
from imnet.base.memory import free_memory

TRAINING, LARGE = "training", "large trainings"  # headings in --help
FORMER = {  # flags of the PyTorch port → what to type here
    "iteration": "give --epoch; an iteration of the port is a shape, so --iteration N is N divided "
    "by the dataset's shapes",
}


@dataclass(frozen=True)
class TrainingOptions(ABC):
    """How a network learns, and what large trainings need."""

    learning_rate: float = option(0.00005, "Adam's learning rate", above=0, group=TRAINING)
    half_life: float | None = option(
        None, "halve the learning rate every so many epochs", above=0, group=TRAINING
    )
    cosine: bool = option(
        False, "lower the learning rate along half a cosine, to 0 at the last epoch", group=TRAINING
    )
    beta1: float = option(0.5, "Adam's first momentum", least=0, most=0.999, group=TRAINING)
    seed: int = option(
        0,
        "decides the first weights, the order of each epoch and every draw",
        least=0,
        group=TRAINING,
    )

    precision: str = option(
        "float32",
        "of a training step's products; all else is float32. bfloat16 is about twice as fast on "
        "CPUs with avx512_bf16 or amx_bf16; on others training stays in float32 and says so",
        choices=("float32", "bfloat16"),
        group=LARGE,
    )
    memory: float | None = option(
        None,
        "GB of memory that a dataset may take (half of what is free); the shapes of a larger one "
        "are read from its file when they are needed",
        above=0,
        group=LARGE,
    )
    devices: int | None = option(
        None,
        "split each step over so many GPUs of this machine (without a GPU, parts of its CPU)",
        least=1,
        group=LARGE,
    )
    workers: str | None = option(
        None,
        "split each step over machines that all run this command, each with its --worker; the "
        "first one writes the files",
        metavar="HOST:PORT,...",
        group=LARGE,
    )
    worker: int | None = option(
        None, "which of --workers this machine is, from 0", least=0, group=LARGE
    )
    wait: float = option(
        600, "seconds to wait for the other --workers to start", above=0, group=LARGE
    )

    @property
    @abstractmethod
    def distributes(self) -> bool:
        """Whether the program trains a network whose steps can be split."""

    @property
    def adam(self) -> dict[str, float]:
        """What the optimiser is made with."""
        return {"learning_rate": self.learning_rate, "beta1": self.beta1}

    def check_training(self, what: str) -> None:
        """Raise UserError for flags that need a training where there is none, or contradict.

        Args:
            what: the flags that start a training which these flags apply to.
        """
        if not self.distributes:
            for field in fields(TrainingOptions):
                name, value = field.name, getattr(self, field.name)
                if name in ("precision", "devices", "workers", "worker", "wait") and (
                    value != field.default
                ):
                    raise UserError(f"--{name} {value} is of {what}: leave it out")
        if self.cosine and self.half_life is not None:
            raise UserError("--cosine and --half_life both lower the rate: choose one")
        if (self.workers is None) != (self.worker is None):
            raise UserError("--workers and --worker say who there is and who this is: give both")
        if self.workers is not None:
            addresses = self.workers.split(",")
            for address in addresses:
                if not re.fullmatch(r".+:\d+", address):
                    raise UserError(f"--workers {self.workers}: {address} is not HOST:PORT")
            if self.worker >= len(addresses):
                raise UserError(f"--worker {self.worker}: there are {len(addresses)} --workers")
            if self.devices is not None:
                raise UserError("--devices is for one machine: leave it out with --workers")

    @property
    def memory_bytes(self) -> float:
        """How many bytes a dataset may take in memory."""
        if self.memory is not None:
            return self.memory * 1e9
        free = free_memory()
        return inf if free is None else free / 2
