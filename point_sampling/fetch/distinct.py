"""Near-duplicates among shapes, and shapes made until enough of them are distinct."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import scipy

from imnet.base.errors import UserError
from imnet.base.parallel import Workers, over_shapes
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.surfaces.binvox import read_binvox
from point_sampling.splits import NEAR_DUPLICATE

_BITS = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)  # set in a byte
_TRIES = 10  # seeds for each wanted shape
_RESEMBLES = "near-duplicate of "  # starts the reason of a dropped shape


def pairwise_iou(voxels: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Compute the IoU of each grid and each other: 0 or 1 [n, R, R, R] → float32 [n, m].

    `others` are [m, R, R, R]; without them, all pairs of `voxels` are compared. The IoU is the
    larger of two: as the grids are, and with one of them mirrored in x. It is 0 for two empty ones.
    R is a multiple of 4.
    """
    rows, mirrored = _packed(voxels), _packed(voxels[:, ::-1])
    columns = rows if others is None else _packed(others)
    row_sizes, column_sizes = _ones(rows), _ones(columns)
    iou = np.zeros((len(rows), len(columns)), np.float32)
    for i in range(len(rows)):
        both = np.maximum(_ones(rows[i] & columns), _ones(mirrored[i] & columns))  # [m]
        iou[i] = both / np.maximum(row_sizes[i] + column_sizes - both, 1)
    return iou


def _packed(voxels: np.ndarray) -> np.ndarray:
    """Pack 64 voxels into a number: 0 or 1 [n, R, R, R] → uint64 [n, R³ / 64]."""
    return np.packbits(voxels.reshape(len(voxels), -1), axis=1).view(np.uint64)


def _ones(packed: np.ndarray) -> np.ndarray:
    """Count the voxels that are set: uint64 [n, words] → int64 [n]."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(packed).sum(axis=1, dtype=np.int64)
    return _BITS[packed.view(np.uint8)].sum(axis=1, dtype=np.int64)  # numpy 1


def families_of(iou: np.ndarray, least: float) -> list[list[int]]:
    """Group the shapes that are linked by pairs of at least this IoU; `iou` is [n, n].

    Groups of a single shape are left out.
    """
    links = scipy.sparse.csr_matrix(iou >= least)
    count, labels = scipy.sparse.csgraph.connected_components(links, directed=False)
    groups = [np.flatnonzero(labels == label).tolist() for label in range(count)]
    return [group for group in groups if len(group) > 1]


def collect(
    work: Callable[[str, int], None],
    folder: Path,
    kinds: list[str],
    duplicates: dict[str, str],
    *,
    count: int,
    seed: int,
    workers: Workers,
    known: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> dict[str, tuple[int, str]]:
    """Make shapes of one class in `folder` until `count` of them are distinct.

    Args:
        work: makes `<folder>/<name>.binvox` for a name KIND_SEED and a seed; a UserError skips it.
        folder: of the shapes.
        kinds: of the class, in turn.
        duplicates: reason by name of what an earlier run dropped.
        count: of distinct shapes.
        seed: the first one.
        workers: processes, or a Dask scheduler.
        known: grids bool [64, 64, 64] by name, from which they are to be distinct too.

    Returns:
        Seed and reason of each name tried, in order; the reason is empty if the shape is kept.

    Raises:
        UserError: ten times as many seeds did not give enough.
    """
    tried: dict[str, tuple[int, str]] = {}
    kept = list(known)
    grids = np.array([*known.values()], bool).reshape(-1, *[VOXEL_RESOLUTION] * 3)  # of `kept`
    last, count = seed + _TRIES * count, count + len(known)
    while len(kept) < count:
        batch = range(seed, min(seed + count - len(kept), last))
        if not batch:
            reason = next(reason for _, reason in tried.values() if reason)
            raise UserError(
                f"--count {count - len(known)}: only {len(kept) - len(known)} of {len(tried)} "
                f"shapes in {folder} are good and distinct (the first that is not: {reason}): "
                "lower it"
            )
        seed = batch.stop
        names = {f"{kinds[s % len(kinds)]}_{s:05}": s for s in batch}
        listed = {n for n in names if twin_of(duplicates.get(n, "")) in {*kept, *names}}
        while True:
            todo = [(name, s) for name, s in names.items() if name not in listed]
            failed = {todo[i][0]: why for i, _, why in over_shapes(work, todo, workers) if why}
            reasons = {name: duplicates[name] for name in listed} | failed
            good = [name for name in names if name not in reasons]
            distinct, their_grids, dropped = drop_duplicates(kept, grids, good, folder)
            stale = {name for name in listed if twin_of(duplicates[name]) not in distinct}
            if not stale:
                break
            listed -= stale  # what these resembled is itself dropped this time
        tried |= {name: (s, (reasons | dropped).get(name, "")) for name, s in names.items()}
        kept, grids = distinct, their_grids
    return tried


def drop_duplicates(
    kept: list[str], grids: np.ndarray, new: list[str], folder: Path
) -> tuple[list[str], np.ndarray, dict[str, str]]:
    """Add the new shapes of a folder that resemble none before them to those that are kept.

    Returns:
        The names and grids [k, 64, 64, 64] that are kept now, and why each other one is not.
    """
    if not new:
        return kept, grids, {}
    grids = np.concatenate([grids, [read_binvox(folder / f"{n}.binvox") for n in new]])
    iou = pairwise_iou(grids[len(kept) :], grids)  # [new, kept + new]
    chosen, everything, dropped = list(range(len(kept))), kept + new, {}
    for row, name in enumerate(new):
        nearest = max(chosen, key=lambda other: iou[row, other], default=None)
        if nearest is not None and iou[row, nearest] >= NEAR_DUPLICATE:
            dropped[name] = f"{_RESEMBLES}{everything[nearest]} (IoU {iou[row, nearest]:.2f})"
        else:
            chosen.append(len(kept) + row)
    return [everything[index] for index in chosen], grids[chosen], dropped


def twin_of(reason: str) -> str:
    """Return the shape that a dropped one resembles too much; nothing if that is not the reason."""
    start, _, rest = reason.partition(_RESEMBLES)
    return "" if start else rest.rpartition(" (IoU")[0]
