# PYTHON_ARGCOMPLETE_OK
"""Write measuring.md's tables of why two papers' numbers differ: ours, formulas, other packages.

python evaluation/paper/measuring.py --environment ~/peers
The packages are installed in an environment of their own, which is no part of this project, and run
by peers.py there. All formulas and packages get the same meshes and the same points.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.metrics.fields import iou
from imnet.metrics.set_figures import coverage, minimum_matching_distance, set_figures
from imnet.metrics.surface_figures import (
    chamfer_l1,
    chamfer_squared,
    f_score,
    nearest,
    normal_consistency,
)
from imnet.surfaces import Mesh
from imnet.surfaces.occupancy import mesh_occupancy
from imnet_evaluation.paper.documents import write_tables
from imnet_evaluation.paper.environments import python_with
from imnet_evaluation.paper.formulas import (
    argmin_accuracy,
    coverage_backwards,
    one_sided,
    pytorch3d_chamfer,
    pytorch3d_normals,
    signed_consistency,
)
from imnet_evaluation.paper.measuring_shapes import (
    PAIRS,
    SOLIDS,
    THRESHOLD,
    Points,
    box_sets,
    drawn,
    solids,
    tied_points,
)
from point_sampling.fetch.simple_meshes import box

ROOT = Path(__file__).parents[2]
PACKAGES = (
    *("open3d==0.20.0", "point-cloud-utils==0.34.0", "trimesh==5.2.0"),
    *("scipy==1.17.1", "rtree==1.4.1", "embreex==4.4.0.post1", "networkx==3.6.1", "numpy==2.4.6"),
)
POINTS, FEW, MANY = 4096, 1024, 16384
INSIDE = 100_000  # random points of the IoU
ASKED, RESOLUTIONS = (100, 1000, 4096), (1000, 5000, 20_000)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    environment: Path = option(REQUIRED, "folder of the packages' environment; made if missing")
    document: Path = option(
        ROOT / "supplementary_material/measuring.md", "the document whose tables are written"
    )


def number(value: float) -> str:
    """Write a figure with three digits."""
    return f"{value:.3g}"


def chamfer_rows(sides: list[tuple[Points, Points]], pairs: list, peers: dict) -> list[list[str]]:
    """Return the table of chamfer distances."""
    a_b = [(a.points, b.points) for a, b in sides]
    found = [nearest(*pair) for pair in a_b]

    def of_count(count: int) -> list[float]:
        return [chamfer_squared(*(drawn(m, count, 9, i).points for i, m in enumerate(pair)))
                for pair in pairs]  # fmt: skip

    def torch(**arguments: object) -> list[float]:
        return [pytorch3d_chamfer(*pair, **arguments) for pair in a_b]

    listed = [
        ("**here, `chamfer_squared`**", "squared, mean, directions summed",
         [chamfer_squared(*pair) for pair in a_b]),
        (f"the same of {FEW:,} points", "the same", of_count(FEW)),
        (f"the same of {MANY:,} points", "the same", of_count(MANY)),
        ("PyTorch3D `chamfer_distance`, formula", "squared, mean, directions summed", torch()),
        ("the same, `point_reduction=\"sum\"`", "squared, sum of the points, directions summed",
         torch(reduction="sum")),
        ("the same, `single_directional=True`", "squared, mean, from a to b only",
         torch(single=True)),
        ("the same, `norm=1`", "\\|dx\\| + \\|dy\\| + \\|dz\\|, mean, directions summed",
         torch(norm=1)),
        ("**here, `chamfer_l1`**", "unsquared, mean, directions halved",
         [chamfer_l1(*pair) for pair in a_b]),
        ("accuracy, formula", "unsquared, mean, from a to b only",
         [one_sided(each)[0] for each in found]),
        ("completeness, formula", "unsquared, mean, from b to a only",
         [one_sided(each)[1] for each in found]),
        ("trimesh `closest_point`", "unsquared, mean, from points to the other's triangles, halved",
         peers["to surface"]),
        ("Open3D `PointCloud.compute_metrics`", "unsquared, mean, directions summed",
         peers["Open3D points"]),
        ("point-cloud-utils `chamfer_distance`", "unsquared, mean, directions summed",
         peers["pcu"]),
        ("Open3D `TriangleMesh.compute_metrics`",
         "unsquared, mean, from its own points to the other's triangles, summed",
         peers["Open3D meshes"]),
    ]  # fmt: skip
    rows = [[name, what, *map(number, figures)] for name, what, figures in listed]
    return [["by", "what", *PAIRS], *rows]


def f_score_rows(sides: list[tuple[Points, Points]], peers: dict) -> list[list[str]]:
    """Return the table of F-scores."""
    a_b = [*((a.points, b.points) for a, b in sides), tied_points()]
    ours = [f_score(*pair, THRESHOLD) for pair in a_b]
    strict = [f_score(*pair, np.nextafter(THRESHOLD, 0)) for pair in a_b]
    rows = [
        ["**here, `f_score`**", "0 to 1, distance ≤ t", *map(number, ours)],
        ["formula", "0 to 1, distance < t", *map(number, strict)],
        ["Open3D `PointCloud.compute_metrics`", "percent, distance < t",
         *map(number, peers["Open3D points"])],
        ["Open3D `TriangleMesh.compute_metrics`", "percent, to the other's triangles",
         *map(number, peers["Open3D meshes"]), ""],
    ]  # fmt: skip
    return [["by", "what", *PAIRS, "corners of a cube, moved by t"], *rows]


def normal_rows(sides: list[tuple[Points, Points]], peers: dict) -> list[list[str]]:
    """Return the table of normals."""

    def cells(figure: Callable[..., float], turned: int = 1) -> list[str]:
        return [number(figure(a.points, b.points, a.normals, turned * b.normals)) for a, b in sides]

    return [
        ["by", "what", *PAIRS],
        ["**here, `normal_consistency`**", "mean \\|n · n'\\|, directions halved",
         *cells(normal_consistency)],
        ["here, b's faces turned round", "the same", *cells(normal_consistency, -1)],
        ["formula", "mean n · n', directions halved", *cells(signed_consistency)],
        ["formula, b's faces turned round", "the same", *cells(signed_consistency, -1)],
        ["PyTorch3D `chamfer_distance`, formula", "mean 1 - \\|n · n'\\|, directions summed",
         *cells(pytorch3d_normals)],
        ["Open3D `estimate_normals`", "mean \\|n · n'\\| of normals estimated from the points",
         *map(number, peers["Open3D"])],
    ]  # fmt: skip


def iou_rows(pairs: list[tuple[Mesh, Mesh]], peers: dict) -> list[list[str]]:
    """Return the table of IoUs."""
    rows = [["by", *SOLIDS]]
    for resolution in (32, 64, 128):
        grids = [[mesh_occupancy(*mesh, resolution) for mesh in pair] for pair in pairs]
        name = f"here, grid of {resolution}³"
        rows.append([f"**{name}**" if resolution == 64 else name])
        rows[-1] += [number(iou(*each)) for each in grids]
    rows += [[f"{name}, {INSIDE:,} points", *map(number, cells)] for name, cells in peers.items()]
    return rows


def all_distances(a: list, b: list, distance: Callable[..., float]) -> np.ndarray:
    """Return the distances [g, r] of shapes."""
    return np.array([[distance(x, y) for y in b] for x in a])


def set_rows() -> list[list[str]]:
    """Return the table of coverage, MMD and 1-NNA."""
    names, rows = ("COV", "MMD", "1-NNA"), {}
    for generated, reference in box_sets().values():
        matrices = [
            [all_distances(*pair, distance)
             for pair in ((generated, generated), (generated, reference), (reference, reference))]
            for distance in (chamfer_squared, chamfer_l1)
        ]  # fmt: skip
        (own, across, other), unsquared = matrices
        first, last = (
            argmin_accuracy(own, across, other, generated_first=order) for order in (True, False)
        )
        found = {
            "**here**": set_figures(own, across, other).values(),
            "here, by `chamfer_l1`": set_figures(*unsquared).values(),
            "first least distance, generated shapes first": (
                coverage(across), minimum_matching_distance(across), first),
            "first least distance, references first": (
                coverage(across), minimum_matching_distance(across), last),
            "matched from the references to the generated": (
                coverage_backwards(across), across.min(axis=1).mean(), None),
        }  # fmt: skip
        for name, cells in found.items():
            rows.setdefault(name, []).extend("" if c is None else number(c) for c in cells)
    head = [f"{name}, {which}" for which in box_sets() for name in names]
    return [["by", *head], *([name, *cells] for name, cells in rows.items())]


def sample_rows(peers: dict) -> list[list[str]]:
    """Return the table of how many points are drawn."""
    cube = box((-0.5, 0.5), (-0.5, 0.5), (-0.5, 0.5))
    ours = [len(drawn(cube, count, 1).points) for count in ASKED]
    rows = {"**here, `sample_surface`**": ours, **peers}
    return [
        ["asked for", *(f"{count:,}" for count in ASKED)],
        *([name, *(f"{count:,}" for count in counts)] for name, counts in rows.items()),
    ]


def run_peers(python: Path, pairs: dict[str, tuple[Mesh, Mesh]], sides: dict) -> dict:
    """Return what peers.py prints of the pairs and of their points."""
    arrays = {}
    for name, pair in pairs.items():
        for side, mesh, points in zip("ab", pair, sides[name], strict=True):
            arrays[f"{name} {side} vertices"] = np.asarray(mesh.vertices, np.float64)
            arrays[f"{name} {side} triangles"] = np.asarray(mesh.triangles, np.int64)
            arrays[f"{name} {side} points"] = points.points
    for side, points in zip("ab", tied_points(), strict=True):
        arrays[f"tied {side} points"] = points
        arrays[f"tied {side} vertices"] = points
        arrays[f"tied {side} triangles"] = np.zeros((0, 3), np.int64)
    settings = {
        "pairs": PAIRS, "solids": SOLIDS, "threshold": THRESHOLD, "inside": INSIDE,
        "asked": ASKED, "resolutions": RESOLUTIONS,
    }  # fmt: skip
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shapes.npz"
        np.savez(path, **arrays)
        command = [python, Path(__file__).with_name("peers.py"), path, json.dumps(settings)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"the packages of {python} failed: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    python = python_with(options.environment, PACKAGES)
    pairs = solids()
    sides = {
        name: tuple(drawn(mesh, POINTS, 0, i) for i, mesh in enumerate(pair))
        for name, pair in pairs.items()
    }
    peers = run_peers(python, pairs, sides)
    of_pairs = [sides[name] for name in PAIRS]
    tables = {
        "chamfer distances": chamfer_rows(of_pairs, [pairs[p] for p in PAIRS], peers["chamfer"]),
        "F-scores": f_score_rows(of_pairs, peers["F-score"]),
        "normals": normal_rows(of_pairs, peers["normals"]),
        "IoUs": iou_rows(list(pairs.values()), peers["IoU"]),
        "sets": set_rows(),
        "samples drawn": sample_rows(peers["samples"]),
        "watertight": [
            ["`resolution`", *(f"{r:,}" for r in RESOLUTIONS)],
            ["volume", *map(number, peers["watertight"].values())],
        ],
    }
    write_tables(options.document, tables)


if __name__ == "__main__":
    run_program(main)
