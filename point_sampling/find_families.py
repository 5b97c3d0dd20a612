"""Find families of near-duplicates in a dataset, which a split must keep on one side.

Two shapes are near-duplicates if the intersection over union (IoU) of their 64³ grids is at least
--iou, with or without mirroring one of them left to right. A family is all shapes that are linked
by near-duplicates.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from imnet.base.errors import run_program
from imnet.base.files import write_csv
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import names_of
from imnet.data.dataset import PointValueDataset
from point_sampling.splits import variants_among

NEAR_DUPLICATE = 0.8  # least IoU
_BLOCK = 128  # shapes compared at once: 134 MB of float32


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    dataset: Path = option(REQUIRED, "the dataset, FILE.hdf5")
    output: Path = option(REQUIRED, "the families, FILE.csv")
    iou: float = option(NEAR_DUPLICATE, "least IoU of near-duplicates", above=0, most=1)


def pairwise_iou(voxels: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Compute the IoU of each grid and each other: 0 or 1 [n, R, R, R] → float32 [n, m].

    `others` are [m, R, R, R]; without them, all pairs of `voxels` are compared. The IoU is the
    larger of two: as the grids are, and with one of them mirrored in x. It is 0 for two empty ones.
    """
    others = voxels if others is None else others
    rows_sizes, columns_sizes = (
        grids.reshape(len(grids), -1).sum(axis=1, dtype=np.float32) for grids in (voxels, others)
    )
    iou = np.zeros((len(voxels), len(others)), np.float32)
    for start in range(0, len(voxels), _BLOCK):
        rows = slice(start, start + _BLOCK)
        sizes = rows_sizes[rows, None]
        block = voxels[rows].reshape(len(sizes), -1).astype(np.float32)
        mirrored = voxels[rows, ::-1].reshape(block.shape).astype(np.float32)
        for other in range(0, len(others), _BLOCK):
            columns = slice(other, other + _BLOCK)
            part = others[columns]
            part = part.reshape(len(part), -1).T.astype(np.float32)
            both = np.maximum(block @ part, mirrored @ part)
            iou[rows, columns] = both / np.maximum(sizes + columns_sizes[columns] - both, 1)
    return iou


def families_of(iou: np.ndarray, least: float) -> list[list[int]]:
    """Group the shapes that are linked by pairs of at least this IoU; `iou` is [n, n].

    Groups of a single shape are left out.
    """
    count, labels = connected_components(csr_matrix(iou >= least), directed=False)
    groups = [np.flatnonzero(labels == label).tolist() for label in range(count)]
    return [group for group in groups if len(group) > 1]


def main() -> None:
    options = parse_flags(Flags, __doc__)
    voxels = PointValueDataset(options.dataset).voxels[..., 0]
    names = names_of(options.dataset, len(voxels))
    variants = variants_among(names)  # of the families of what they are made of
    if variants:
        voxels = voxels[[name not in variants for name in names]]
        names = [name for name in names if name not in variants]
    iou = pairwise_iou(voxels)
    families = families_of(iou, options.iou)
    rows = [(names[index], names[group[0]]) for group in families for index in group]
    write_csv(options.output, ["name", "family"], rows)

    first, second = np.triu_indices(len(names), 1)
    for pair in np.argsort(-iou[first, second], kind="stable")[:5]:
        i, j = first[pair], second[pair]
        print(f"IoU {iou[i, j]:.3f}: {names[i]}, {names[j]}")
    print(f"{options.output}: {len(families)} families of {sum(map(len, families))} shapes")


if __name__ == "__main__":
    run_program(main)
