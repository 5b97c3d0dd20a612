"""The flags that several programs of this folder have."""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.flags import REQUIRED, option
from imnet.base.parallel import WorkerFlags


@dataclass(frozen=True, kw_only=True)
class ShapesFlags(WorkerFlags):
    """The flags of the programs that make something of each shape of a folder."""

    input: Path = option(REQUIRED, "folder of shapes, searched recursively")
    output: Path = option(REQUIRED, "the dataset, FILE.hdf5")
    seed: int = option(0, "seed of the random points", least=0)
    augment: int = option(
        0,
        "warped copies NAME~1, NAME~2 .. to add of each shape, for training",
        least=0,
        also="variants",  # its former name
    )


@dataclass(frozen=True, kw_only=True)
class ExchangeFlags:
    """The flag of the programs that can make shapes of the grids of two."""

    exchange: int = option(
        0,
        "shapes UPPER~on~LOWER~1 .. to add for each UPPER, of its parts above the seat and the "
        "seat and legs of other chairs, for training",
        least=0,
    )


@dataclass(frozen=True, kw_only=True)
class SamplerFlags(ShapesFlags):
    """The flags of every sampler."""

    improved: bool = option(
        False,
        "sample as the authors' later versions do: points of the 256³ grid, fewer of them, from "
        "shapes whose hollow undersides are filled",
    )


@dataclass(frozen=True, kw_only=True)
class FineSamplerFlags(SamplerFlags):
    """The flags of the samplers whose source is finer than 64³."""

    max_resolution: int = option(
        64, "finest resolution to sample; 128 adds points_128 and values_128", choices=(64, 128)
    )

    def __post_init__(self) -> None:
        """Raise UserError for flags that contradict each other."""
        if self.improved and self.max_resolution > 64:
            raise UserError(
                f"--max_resolution {self.max_resolution}: the later versions stop at 64: leave out "
                "--max_resolution or --improved"
            )


@dataclass(frozen=True, kw_only=True)
class AxesFlags:
    """The flags of the programs that read meshes."""

    up: str = option("+y", "axis of the meshes that points up", signed=True)
    front: str = option("-z", "axis of the meshes that points to the front", signed=True)
