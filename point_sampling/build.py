"""What the samplers share: a point-value dataset made of shapes."""

import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from imnet.base.parallel import Workers
from imnet.data.sizes import FRAMES, LATER_GRID, VOXEL_RESOLUTION
from point_sampling import improved as later
from point_sampling import original
from point_sampling.parts import Layout, build
from point_sampling.sources import Load


def layout_of(quotas: dict[int, int], framed: bool = False) -> Layout:
    """Return shape and dtype of a shape's arrays by key.

    `quotas` are its points by resolution; `framed`: it has a frame of its own.
    """
    layout: Layout = {"voxels": ((*[VOXEL_RESOLUTION] * 3, 1), np.uint8)}
    for resolution, quota in quotas.items():
        layout[f"points_{resolution}"] = (quota, 3), np.uint8
        layout[f"values_{resolution}"] = (quota, 1), np.uint8
    if framed:
        layout[FRAMES] = (3, 4), np.float64
    return layout


def build_dataset(
    shapes: list[tuple[str, Path]],
    load: Load,
    output: Path,
    *,
    seed: int = 0,
    workers: Workers = 1,
    max_resolution: int = 64,
    improved: bool = False,
    framed: bool = False,
    settings: dict[str, str] | None = None,
    names_file: Path | None = None,
    total_key: str = "total",
) -> int:
    """Sample all shapes into `output`, its name list and statistics.txt; return the exit status.

    Args:
        shapes: (name, path) of each.
        load: gives, for a name and a path, a bool grid [R, R, R] with R at least `max_resolution`,
            and a remark or None. Each remark is printed once, with the number of shapes that have
            it. Where it raises UserError, the shape is skipped and listed on stderr, and the
            status is 2.
        output: the dataset, FILE.hdf5.
        seed: decides the random points, with each shape's name.
        workers: processes, or a Dask scheduler.
        max_resolution: finest resolution to sample, 64 or 128.
        improved: sample as the authors' later versions do, at most at 64³.
        framed: `load` also gives each shape's `own_frame` [3, 4], which the dataset then holds.
        settings: the flags that decide what `load` returns. An interrupted build that had others
            starts over.
        names_file: the name list; FILE.txt if None.
        total_key: what statistics.txt calls the number of shapes.

    Raises:
        UserError: no shape is good.
    """
    sampler = Sampler(load, improved, max_resolution)
    quotas = sampler.quotas

    def finish(names: list[str], notes: list[tuple[list[bool], str | None]]) -> None:
        exceeded, remarks = zip(*notes, strict=True)
        resolutions = [resolution for resolution in quotas if resolution > 16]
        with written_whole(output.with_name("statistics.txt")) as beside:
            beside.write_text(_statistics(resolutions, exceeded, total_key))
        for remark, count in Counter(filter(None, remarks)).items():
            first = names[remarks.index(remark)]
            print(f"note: {count} of {len(names)} shapes, first {first}: {remark}", file=sys.stderr)

    return build(
        shapes,
        sampler,
        layout_of(quotas, framed),
        output,
        grids={f"points_{r}": LATER_GRID if improved else r for r in quotas},
        settings={"max_resolution": max_resolution, "improved": improved, **(settings or {})},
        seed=seed,
        workers=workers,
        strategy=zlib.Z_RLE,  # voxels and points: 0.6 of the time, and 1% fewer bytes
        names_file=names_file,
        finish=finish,
    )


@dataclass(frozen=True)
class Sampler:
    """Makes the arrays of a shape; the arguments are those of `build_dataset`."""

    load: Load
    improved: bool
    max_resolution: int

    @property
    def quotas(self) -> dict[int, int]:
        """How many points of a shape are stored, by resolution."""
        quotas = later.QUOTAS if self.improved else original.QUOTAS
        return {r: quota for r, quota in quotas.items() if r <= self.max_resolution}

    def __call__(
        self, name: str, path: Path, random: np.random.Generator
    ) -> tuple[dict[str, np.ndarray], tuple[list[bool], str | None]]:
        """Sample one shape: its arrays, and which resolutions exceeded, with the remark."""
        grid, remark, *frame = self.load(name, path)
        if not grid.any():
            raise UserError(f"{path} is empty: no voxel is occupied")
        if self.improved:
            arrays, exceeded = later.point_value_pairs(grid, random)
        else:
            arrays, exceeded = original.point_value_pairs(grid, random, self.max_resolution)
        if frame:
            arrays[FRAMES] = frame[0]
        return arrays, (list(exceeded.values()), remark)


def _statistics(resolutions: list[int], exceeded: Sequence[list[bool]], total_key: str) -> str:
    lines = [f"{total_key}: {len(exceeded)}"]
    for resolution, flags in zip(resolutions, zip(*exceeded, strict=True), strict=True):
        lines.append(f"exceed_{resolution}: {sum(flags)}")
        lines.append(f"exceed_{resolution}_ratio: {sum(flags) / len(flags)}")
    return "\n".join(lines) + "\n"
