"""Codes fitted to pictures of held-out shapes: IoU and seconds, by the number of views together.

python benchmarks/pictures.py --dataset FILE.hdf5 --model CHECKPOINTS

The dataset has views with their cameras. `chosen` stands for cameras that are found by silhouette.
Seconds are those of the clock, and those of all cores, which other programs hardly change.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import names_of
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.data.views import ViewDataset, centre_crops
from imnet.metrics.fields import iou
from imnet.programs.places import folder_of
from IMSVR.cameras import read_cameras
from IMSVR.fitting import Fitted, fit_shapes
from IMSVR.model import IMSVR
from IMSVR.photos import read_views
from IMSVR.resemblance import read_resemblance


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    model: Path = option(REQUIRED, "an image encoder: a folder or a prefix")
    dataset: Path = option(REQUIRED, "shapes and their views, with cameras")
    views: tuple[int, ...] = option((1, 2, 4, 8), "how many views together", least=1)
    cameras: tuple[str, ...] = option(
        ("known", "chosen"), "where they come from", choices=("known", "chosen")
    )
    level: float = option(0.6, "iso-level, of the IoU too")
    pictures: Path | None = option(
        None, "a folder of pictures of shapes of the dataset instead, by the ends of their names"
    )


class Measurement:
    """Fits views of shapes, and compares the shapes with their voxels."""

    def __init__(self, model: IMSVR, known: np.ndarray | None, level: float):
        self.model, self.known, self.level = model, known, level
        self.centres = cell_centres(VOXEL_RESOLUTION)

    def iou(self, code: np.ndarray, grid: np.ndarray) -> float:
        """The IoU of a code's shape with voxels [64, 64, 64, 1]."""
        return iou(self.model.decode(self.centres, code) > self.level, grid.ravel() != 0)

    def fit(
        self, views: list[np.ndarray], cameras: np.ndarray | None
    ) -> tuple[np.ndarray, list[Fitted], str]:
        """Fit the views [v, 137, 137] of each shape; the encoder's codes, the fits, seconds."""
        starts = np.stack([self.model.encode(centre_crops(seen)).mean(axis=0) for seen in views])
        began = np.array([time.perf_counter(), time.process_time()])
        fits = fit_shapes(self.model.decoder, views, starts, cameras, self.known, self.level)
        clock, cores = (np.array([time.perf_counter(), time.process_time()]) - began) / len(views)
        return starts, fits, f"{clock:.1f}, {cores:.1f}"


def main() -> None:
    flags = parse_flags(Flags, __doc__)
    model, cameras = IMSVR.from_checkpoint(flags.model), read_cameras(flags.dataset)
    stored = read_resemblance(folder_of(flags.model), model.z_dim)
    measurement = Measurement(model, None if stored is None else stored[0], flags.level)
    voxels, pixels = PointValueDataset(flags.dataset).voxels[:], ViewDataset(flags.dataset).pixels
    if flags.pictures:
        return of_pictures(measurement, flags.pictures, flags.dataset, voxels)
    if cameras is None:
        raise UserError(f"{flags.dataset} has no cameras: make it again by make_svr_dataset.py")
    print("| views | cameras | IoU before | fitted | least | worse | silhouettes | s a shape |")
    print("|---|---|---|---|---|---|---|---|")
    for count in flags.views:
        for kind in flags.cameras:
            views = [seen[:count] for seen in pixels[:]]
            measurement.fit(views[:1], cameras[:1, :count])  # traced before it is measured
            where = cameras[:, :count] if kind == "known" else None
            starts, fits, seconds = measurement.fit(views, where)
            before = [measurement.iou(z, grid) for z, grid in zip(starts, voxels, strict=True)]
            after = [measurement.iou(f.code, grid) for f, grid in zip(fits, voxels, strict=True)]
            falls = np.subtract(before, after)
            worse = f"{(falls > 0).sum()} of {len(falls)}, by {max(falls.max(), 0):.2f} at most"
            alike = np.mean([[f.before.mean(), f.after.mean()] for f in fits], axis=0)
            print(
                f"| {count} | {kind} | {np.mean(before):.3f} | {np.mean(after):.3f} | "
                f"{min(after):.3f} | {worse} | {alike[0]:.2f} to {alike[1]:.2f} | "
                f"{seconds} |",
                flush=True,
            )
    return None


def of_pictures(measurement: Measurement, folder: Path, dataset: Path, voxels: np.ndarray) -> None:
    """Print the figures of each picture."""
    names = names_of(dataset, len(voxels))
    pictures, _ = read_views((str(folder),), "auto")
    print("| picture | IoU before | fitted | silhouettes | seconds |\n|---|---|---|---|---|")
    for name, view in pictures.items():
        row = next((row for row, shape in enumerate(names) if shape.endswith(name)), None)
        if row is None:
            raise UserError(f"{dataset} has no shape {name}: rename the picture")
        grid = voxels[row]
        (start,), (fit,), seconds = measurement.fit([view[None]], None)
        before, after = (measurement.iou(z, grid) for z in (start, fit.code))
        alike = f"{fit.before.mean():.2f} to {fit.after.mean():.2f}"
        print(f"| {name} | {before:.3f} | {after:.3f} | {alike} | {seconds} |", flush=True)


if __name__ == "__main__":
    run_program(main)
