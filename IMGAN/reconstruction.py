"""What is written of the fields of codes: meshes, points on them, figures."""

from collections.abc import Mapping

import numpy as np

from IMGAN.model import Autoencoder
from imnet.data.hdf5 import write_arrays
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import reconstruction_figures
from imnet.programs.mesh_options import MeshSettings
from imnet.programs.outputs import (
    Names,
    Source,
    point_cloud,
    write_points_on_surface,
    write_shapes,
)
from imnet.surfaces import Field


def print_figures(
    model: Autoencoder,
    codes: Mapping[int, np.ndarray],
    voxels: np.ndarray,
    sources: Mapping[int, Source],
) -> None:
    """Print how near the fields of shapes' codes come to their voxels [n, 64, 64, 64, 1]."""
    centres = cell_centres(VOXEL_RESOLUTION)
    figures = []
    for t, z in codes.items():
        figures.append(reconstruction_figures(model.field(z)(centres), voxels[t]))
        print(f"shape {sources[t].label(t, ', ')}: IoU {figures[-1]['iou']:.4f}")
    mean = {name: np.mean([f[name] for f in figures]) for name in figures[0]}
    print(
        f"mean of {len(figures)} at {VOXEL_RESOLUTION}³: IoU {mean['iou']:.4f}, "
        f"field error {mean['field_error']:.6f}"
    )


def write_meshes(
    fields: dict[int, Field],
    names: Names,
    settings: MeshSettings,
    dataset: str,
    sources: Mapping[int, Source],
    *,
    point_clouds: bool,
    surface_points: int | None,
    seed: int,
) -> int:
    """Write the meshes of numbered fields, their pictures, and points if they are wanted.

    Args:
        fields: number t → field.
        names: of the files.
        settings: folder, resolution, format and so on.
        dataset: its name, of the HDF5 files of points.
        sources: number t → what the shape was sampled from, where that is known.
        point_clouds: whether to write 2048 vertices of each mesh.
        surface_points: how many points on each surface to write; None for none.
        seed: decides the points.

    Returns:
        How many meshes there are: a field without a surface has none.
    """
    made, clouds, on_surfaces, rng = 0, [], [], np.random.default_rng(seed)
    for t, mesh in write_shapes(fields, names, settings, sources):
        made += not mesh.empty
        if point_clouds:
            clouds.append(point_cloud(mesh.vertices, settings.resolution, rng))
        if surface_points is not None:
            name, own = f"{names.meshes}{t}", np.random.default_rng((seed, t))
            frame = sources[t].frame if t in sources else None
            points = write_points_on_surface(mesh, name, surface_points, settings, own, frame)
            on_surfaces.append(points)
    path = settings.folder / f"{dataset}_{names.points}.hdf5"
    if point_clouds:
        write_arrays(path, points=np.stack(clouds))  # [n, 2048, 3]
        print(f"point clouds in {path}")
    if surface_points is not None:
        path = path.with_name(f"{path.stem}_points.hdf5")
        points, normals = np.stack(on_surfaces, axis=1)  # [n, count, 3] each
        write_arrays(path, points=points, normals=normals)
        print(f"{surface_points} surface points of each shape in {path}")
    return made
