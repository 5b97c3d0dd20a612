"""The flags of trainings that are large."""

from dataclasses import dataclass

from imnet.base.flags import option

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
