"""How near an autoencoder's reconstructions come to the shapes of a dataset.

python evaluation/main.py --checkpoint FOLDER --dataset FILE.hdf5 [--json FILE]
"""

import argparse
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from imnet.dataset import PointValueDataset
from imnet.errors import run_program
from imnet.files import written_whole
from imnet.metrics import reconstruction_figures
from imnet.points import cell_centres
from imnet.quiet import import_tensorflow

RESOLUTION = 64


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--checkpoint", required=True, help="folder or prefix of an autoencoder")
    parser.add_argument("--dataset", required=True, help="point-value dataset (HDF5)")
    parser.add_argument("--json", help="write every shape's figures to this file")
    options = parser.parse_args()
    import_tensorflow()  # not for --help
    from IMGAN.model import IMAE

    dataset, imae = PointValueDataset(options.dataset), IMAE.from_checkpoint(options.checkpoint)
    centres = cell_centres(RESOLUTION)
    figures = []
    for voxels, z in tqdm(
        list(zip(dataset.voxels, imae.encode(dataset.voxels), strict=True)),
        desc="shapes", unit="shape", disable=None,
    ):  # fmt: skip
        figures.append(reconstruction_figures(imae.decode(centres, z), voxels))
    mean = {name: float(np.mean([f[name] for f in figures])) for name in figures[0]}
    print(
        f"{len(figures)} shapes at {RESOLUTION}³: mean IoU {mean['iou']:.4f} "
        f"(least {min(f['iou'] for f in figures):.4f}), mean field error {mean['field_error']:.6f}"
    )
    if options.json:
        with written_whole(Path(options.json)) as beside:
            beside.write_text(json.dumps({**vars(options), "mean": mean, "shapes": figures}))


if __name__ == "__main__":
    run_program(main)
