"""Codes fitted to scans from one side, of shapes that no network saw: how near the whole comes.

python benchmarks/completion.py --model CHECKPOINTS --dataset FILE.hdf5
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from IMGAN.gan_codes import draw_codes
from IMGAN.model import IMAE
from imnet.base.errors import run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import iou
from imnet.metrics.surface_figures import chamfer_l1
from imnet.networks import completion
from imnet.networks.completion import Completion, are_symmetric, complete
from imnet.networks.scans import Place, Scan
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import largest_extent, render_mesh, tile_pictures
from imnet.pictures.shapenet_views import choose_cameras, scan_surface
from imnet.programs.places import gan_beside
from imnet.surfaces import Mesh, extract_surface
from imnet.surfaces.clouds import dots, estimate_normals, facing
from imnet.surfaces.triangles import sample_surface
from point_sampling.shape_views import smooth_surface

SAMPLES = 1000  # of the latent GAN, to start from
SURFACE_POINTS = 4096  # on each surface, of the chamfer distance
KNOWN = Place(1.0, np.zeros(3))
METHODS = {
    "sample": "the sample of the GAN that explains the scan best",
    "known": "completed, scale and place known",
    "found": "completed, scale and place found",
}
TILE, DOT = 160, 0.012
TO_WORLD = 2.5, np.array([30.0, -7.0, 400.0])  # a scan's own units, where its place is not known


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    model: Path = option(REQUIRED, "an autoencoder, its latent GAN beside it")
    dataset: Path = option(REQUIRED, "shapes to scan")
    shapes: int | None = option(None, "only the first so many", least=1)
    methods: tuple[str, ...] = option(tuple(METHODS), "to measure", choices=tuple(METHODS))
    points: int = option(2048, "of a scan", least=64)
    noise: float = option(0.005, "its deviation, in diagonals of the shape", least=0)
    seed: int = option(0, "of the cameras and the noise", least=0)
    sheet: Path | None = option(None, "picture to write, of the last method: scan, result, truth")


class Seen(NamedTuple):
    """A shape and what is seen of it, in the unit frame."""

    voxels: np.ndarray  # [64, 64, 64]
    surface: np.ndarray  # triangles [f, 3, 3]
    points: np.ndarray  # [n, 3]
    camera: np.ndarray  # [3]


def see(voxels: np.ndarray, flags: Flags, number: int) -> Seen:
    """Scan a shape, voxels [64, 64, 64], from a camera as those of the views."""
    rng = np.random.default_rng((flags.seed, number))
    surface, _ = smooth_surface(voxels > 0)
    (camera,) = choose_cameras(surface.reshape(-1, 3), 1, rng)
    points, stand = scan_surface(surface, camera, rng)
    points = points[rng.choice(len(points), flags.points, replace=len(points) < flags.points)]
    return Seen(voxels, surface, points + rng.normal(0, flags.noise, points.shape), stand)


def found_place(place: Place) -> Place:
    """The place in the unit frame of one that was found in the scan's own units."""
    scale, centre = TO_WORLD
    return Place(place.scale / scale, (place.centre - centre) / scale)


def figures(model: IMAE, seen: Seen, code: np.ndarray, place: Place) -> tuple[float, float, Mesh]:
    """IoU at 64³ and the chamfer distance to the whole shape, and the mesh, in the unit frame."""
    lattice = (cell_centres(VOXEL_RESOLUTION) / 2 - place.centre) * (2 / place.scale)
    values = model.decode(lattice, code)
    inside = (values > 0.5) & (np.abs(lattice) < 1).all(axis=1)
    mesh = extract_surface(model.field(code), VOXEL_RESOLUTION).in_unit_frame()
    mesh = Mesh(mesh.vertices * place.scale + place.centre, mesh.triangles)
    rng, soup = np.random.default_rng(0), np.arange(3 * len(seen.surface)).reshape(-1, 3)
    pairs = (mesh, Mesh(seen.surface.reshape(-1, 3), soup))
    on = [sample_surface(*pair, SURFACE_POINTS, rng)[0] for pair in pairs]
    return iou(inside, seen.voxels.ravel() > 0), chamfer_l1(*on), mesh


def tiles_of(seen: Seen, mesh: Mesh) -> list[np.ndarray]:
    """The scan, the result and the truth, each from the front and from behind."""
    soup = np.arange(3 * len(seen.surface)).reshape(-1, 3)
    shown = [dots(seen.points[::2], DOT), mesh, Mesh(seen.surface.reshape(-1, 3), soup)]
    extent = largest_extent(shown)
    return [
        render_mesh(vertices * side, triangles, TILE, extent=extent)
        for vertices, triangles in shown
        for side in ((1, 1, 1), (-1, 1, -1))
    ]


def main() -> None:
    flags = parse_flags(Flags, __doc__)
    model = IMAE.from_checkpoint(flags.model)
    codes = draw_codes(gan_beside(flags.model, model.z_dim), model.z_dim, SAMPLES, 0)
    symmetric = are_symmetric(model.decoder, codes)
    shapes = PointValueDataset(flags.dataset).voxels[: flags.shapes]
    scans = [see(voxels[..., 0], flags, number) for number, voxels in enumerate(shapes)]
    scale, shift = TO_WORLD

    def fit(seen: Seen, placed: bool) -> Completion:
        points, camera = seen.points, seen.camera
        if not placed:
            points, camera = points * scale + shift, camera * scale + shift
        scan = Scan(points, facing(points, estimate_normals(points), camera), True, camera)
        place = KNOWN if placed else None
        return complete(model.decoder, scan, codes, place, symmetric=symmetric)

    def meshes_of(method: str) -> list[Mesh]:
        """Complete all scans; print how near they come."""
        placed = method != "found"
        fit(scans[0], placed)  # traced before it is measured
        began = time.perf_counter()
        fits = [fit(seen, placed) for seen in scans]
        seconds = (time.perf_counter() - began) / len(scans)
        places = [KNOWN if placed else found_place(done.place) for done in fits]
        rows = [
            figures(model, seen, done.code, place)
            for seen, done, place in zip(scans, fits, places, strict=True)
        ]
        ious, distances, meshes = zip(*rows, strict=True)
        mean, distance = np.mean(ious), np.mean(distances)
        shown = f"{mean:.3f} | {min(ious):.3f} | {distance:.4f} | {seconds:.1f}"
        print(f"| {METHODS[method]} | {shown} |", flush=True)
        return list(meshes)

    print("| from one side | IoU | least | CD | seconds |\n|---|---|---|---|---|")
    stages = completion.FITTED
    for method in flags.methods:
        completion.FITTED = ((stages[-1][0], 0, 16),) if method == "sample" else stages
        meshes = meshes_of(method)
    if flags.sheet:
        tiles = [tile for pair in zip(scans, meshes, strict=True) for tile in tiles_of(*pair)]
        labels = ["scan", "", "completed", "", "truth", ""] * len(scans)
        write_picture(flags.sheet, tile_pictures(tiles, labels, 12))


if __name__ == "__main__":
    run_program(main)
