"""Find near-duplicates in a dataset: the families that a split must not tear apart.

Two shapes are near-duplicates if the intersection over union (IoU) of their 64³ grids, one of them
mirrored left-right or not, is at least --iou; so are those linked by others.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.base.names import names_of
from imnet.data.hdf5 import open_hdf5, read_array

_BLOCK = 128  # shapes compared at once: 134 MB of float32


def pairwise_iou(voxels: np.ndarray) -> np.ndarray:
    """IoU of each pair of grids [n, R, R, R], 0 or 1, mirrored in x or not, whichever is larger.

    Returns float32 [n, n]. Two empty grids have 0.
    """
    count = len(voxels)
    sizes = voxels.reshape(count, -1).sum(axis=1, dtype=np.float32)
    iou = np.zeros((count, count), np.float32)
    for start in range(0, count, _BLOCK):
        rows = slice(start, start + _BLOCK)
        block = voxels[rows].reshape(len(sizes[rows]), -1).astype(np.float32)
        mirrored = voxels[rows, ::-1].reshape(block.shape).astype(np.float32)
        for other in range(0, count, _BLOCK):
            columns = slice(other, other + _BLOCK)
            others = voxels[columns].reshape(len(sizes[columns]), -1).T.astype(np.float32)
            both = np.maximum(block @ others, mirrored @ others)
            either = sizes[rows, None] + sizes[columns] - both
            iou[rows, columns] = both / np.maximum(either, 1)
    return iou


def families_of(iou: np.ndarray, least: float) -> list[list[int]]:
    """Groups of two or more shapes linked by pairs of at least this IoU, from iou [n, n]."""
    count, labels = connected_components(csr_matrix(iou >= least), directed=False)
    groups = [np.flatnonzero(labels == label).tolist() for label in range(count)]
    return [group for group in groups if len(group) > 1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--dataset", type=Path, required=True, help="the dataset, FILE.hdf5")
    parser.add_argument("--output", type=Path, required=True, help="the families, FILE.csv")
    parser.add_argument("--iou", type=float, default=0.8, help="least IoU of near-duplicates")
    options = parser.parse_args()
    if not 0 < options.iou <= 1:
        raise UserError(f"--iou {options.iou:g}: above 0 and at most 1 is needed")
    with open_hdf5(options.dataset) as file:
        voxels = read_array(file, "voxels", (None, 64, 64, 64, 1))[..., 0]
    names = names_of(options.dataset, len(voxels))
    iou = pairwise_iou(voxels)
    families = families_of(iou, options.iou)
    with (
        written_whole(options.output) as beside,
        open(beside, "w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        rows = [(names[index], names[group[0]]) for group in families for index in group]
        csv.writer(file, lineterminator="\n").writerows([("name", "family"), *rows])

    first, second = np.triu_indices(len(names), 1)
    for pair in np.argsort(-iou[first, second], kind="stable")[:5]:
        i, j = first[pair], second[pair]
        print(f"IoU {iou[i, j]:.3f}: {names[i]}, {names[j]}")
    print(f"{options.output}: {len(families)} families of {sum(map(len, families))} shapes")


if __name__ == "__main__":
    run_program(main)
