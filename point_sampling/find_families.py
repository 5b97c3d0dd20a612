# PYTHON_ARGCOMPLETE_OK
"""Find families of near-duplicates in a dataset, which a split must keep on one side.

Two shapes are near-duplicates if the intersection over union (IoU) of their 64³ grids is at least
--iou, with or without mirroring one of them left to right. A family is all shapes that are linked
by near-duplicates.
"""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.files import write_csv
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import names_of
from point_sampling.splits import NEAR_DUPLICATE, variants_among


@dataclass(frozen=True, kw_only=True)
class Flags:
    dataset: Path = option(REQUIRED, "the dataset, FILE.hdf5")
    output: Path = option(REQUIRED, "the families, FILE.csv")
    iou: float = option(NEAR_DUPLICATE, "least IoU of near-duplicates", above=0, most=1)


def main() -> None:
    options = parse_flags(Flags, __doc__)
    find_families(options)


def find_families(options: Flags) -> None:
    """Write the families; print the closest pairs and how many families there are."""
    import numpy as np  # these are not for --help

    from imnet.data.dataset import PointValueDataset
    from point_sampling.fetch.distinct import families_of, pairwise_iou

    voxels = PointValueDataset(options.dataset).voxels[..., 0]
    names = names_of(options.dataset, len(voxels))
    variants = variants_among(names)  # of the families of what they are made of
    if variants:
        voxels = voxels[[name not in variants for name in names]]
        names = [name for name in names if name not in variants]
    if not names:
        raise UserError(f"--dataset {options.dataset}: all its shapes are made of two others")
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
