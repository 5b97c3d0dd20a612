"""The flags of trainings that are large."""

from dataclasses import dataclass
from math import inf

from imnet.base.flags import option
from imnet.base.memory import free_memory

LARGE = "large trainings"  # their heading in --help


@dataclass(frozen=True)
class TrainingOptions:
    """What large trainings need."""

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

    @property
    def memory_bytes(self) -> float:
        """How many bytes a dataset may take in memory."""
        if self.memory is not None:
            return self.memory * 1e9
        free = free_memory()
        return inf if free is None else free / 2
