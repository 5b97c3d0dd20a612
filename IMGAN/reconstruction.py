"""What is written of the fields of codes: meshes, points on them, figures."""

from collections.abc import Mapping

import numpy as np

from IMGAN.model import Autoencoder
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import reconstruction_figures
from imnet.programs.outputs import (
    MeshSettings,
    write_point_clouds,
    write_points_on_surfaces,
    write_shapes,
)
from imnet.surfaces import Field


def print_figures(model: Autoencoder, codes: Mapping[int, np.ndarray], voxels: np.ndarray) -> None:
    """Print how near the fields of shapes' codes come to their voxels [n, 64, 64, 64, 1]."""
    centres = cell_centres(VOXEL_RESOLUTION)
    figures = []
    for t, z in codes.items():
        figures.append(reconstruction_figures(model.field(z)(centres), voxels[t]))
        print(f"shape {t}: IoU {figures[-1]['iou']:.4f}")
    mean = {name: np.mean([f[name] for f in figures]) for name in figures[0]}
    print(
        f"mean of {len(figures)} at {VOXEL_RESOLUTION}³: IoU {mean['iou']:.4f}, "
        f"field error {mean['field_error']:.6f}"
    )


def write_meshes(
    fields: dict[int, Field],
    prefix: str,
    settings: MeshSettings,
    dataset: str,
    *,
    point_clouds: bool,
    surface_points: int | None,
    seed: int,
) -> None:
    """Write the meshes of numbered fields, their pictures, and points if they are wanted.

    Args:
        fields: number t → field.
        prefix: of the mesh files; "out" for samples, whose pictures are called `<t>_1t.png`.
        settings: folder, resolution, format and so on.
        dataset: its name, of the HDF5 files of points.
        point_clouds: whether to write 2048 vertices of each mesh.
        surface_points: how many points on each surface to write; None for none.
        seed: decides the points.
    """
    samples = prefix == "out"  # the original's names for samples
    meshes = write_shapes(fields, prefix, "" if samples else prefix, settings)
    points = settings.folder / f"{dataset}_{'im_gan_sample' if samples else prefix}.hdf5"
    if point_clouds:
        write_point_clouds(points, meshes.values(), settings.resolution, seed)
    if surface_points is not None:
        path = points.with_name(f"{points.stem}_points.hdf5")
        write_points_on_surfaces(path, meshes, prefix, surface_points, settings, seed)
