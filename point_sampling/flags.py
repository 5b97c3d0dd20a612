"""The flags that several programs of this folder have."""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.flags import REQUIRED, option
from imnet.base.parallel import WorkerFlags


@dataclass(frozen=True, kw_only=True)
class SamplerFlags(WorkerFlags):
    """The flags of every sampler."""

    input: Path = option(REQUIRED, "folder of shapes, searched recursively")
    output: Path = option(REQUIRED, "the dataset, FILE.hdf5")
    seed: int = option(0, "seed of the random points", least=0)


@dataclass(frozen=True, kw_only=True)
class FineSamplerFlags(SamplerFlags):
    """The flags of the samplers whose source is finer than 64³."""

    max_resolution: int = option(
        64, "finest resolution to sample; 128 adds points_128 and values_128", choices=(64, 128)
    )


@dataclass(frozen=True, kw_only=True)
class AxesFlags:
    """The flags of the programs that read meshes."""

    up: str = option("+y", "axis of the meshes that points up", signed=True)
    front: str = option("-z", "axis of the meshes that points to the front", signed=True)
