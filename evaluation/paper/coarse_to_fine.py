# PYTHON_ARGCOMPLETE_OK
"""Whether coarse-to-fine surfaces of an autoencoder's shapes equal the dense evaluation.

python evaluation/paper/coarse_to_fine.py --checkpoint FOLDER --dataset FILE.hdf5 --resolution 128
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
import scipy

from imnet.base.errors import run_program
from imnet.base.files import write_json
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.progress import progress, say
from imnet.data.dataset import PointValueDataset
from imnet.surfaces import Field, marching_cubes, sample_field

TOLERANCE = 1e-5  # cells


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    checkpoint: str = option(REQUIRED, "folder or prefix of an autoencoder")
    dataset: str = option(REQUIRED, "point-value dataset (HDF5)")
    resolution: int = option(128, "grid of the meshes", least=4)
    every: int = option(1, "take every so many-th shape", least=1)
    level: float = option(0.5, "iso-level", above=0, most=0.999)
    json: str | None = option(None, "write every shape's figures to this file")


def unmatched(a: np.ndarray, b: np.ndarray) -> int:
    """Count the points of a [n, 3] and b [m, 3] with no point of the other within TOLERANCE."""
    if not len(a) or not len(b):
        return len(a) + len(b)
    pairs = ((scipy.spatial.cKDTree(a), b), (scipy.spatial.cKDTree(b), a))
    return sum(int(np.isinf(t.query(p, distance_upper_bound=TOLERANCE)[0]).sum()) for t, p in pairs)


def surface_points(grid: np.ndarray, level: float) -> int:
    """Count the points of the lattice [D, D, D] at corners of cells that the surface crosses."""
    inside = np.pad(grid > level, 1)
    corners = np.zeros(inside.shape, bool)
    cells = [slice(0, -1), slice(1, None)]
    offsets = [(a, b, c) for a in cells for b in cells for c in cells]
    some = np.logical_or.reduce([inside[o] for o in offsets])
    every = np.logical_and.reduce([inside[o] for o in offsets])
    for offset in offsets:
        corners[offset] |= some & ~every
    return int(corners[1:-1, 1:-1, 1:-1].sum())


class Counted:
    """A field that counts the points it is evaluated at; a clipped one stays one (see Field)."""

    def __init__(self, field: Field):
        self.field, self.queries = field, 0
        if hasattr(field, "unsquashed"):
            self.squash = field.squash
            self.unsquashed = lambda points: self._count(field.unsquashed, points)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the values [m] at points [m, 3]."""
        return self._count(self.field, points)

    def _count(self, function: Field, points: np.ndarray) -> np.ndarray:
        self.queries += len(points)
        return function(points)


def compare(field: Field, resolution: int, level: float) -> dict[str, int]:
    """Extract a field's surface both ways, and count what differs and what was evaluated."""
    counted = Counted(field)
    dense = sample_field(field, resolution, level, dense=True)
    vertices, triangles = marching_cubes(sample_field(counted, resolution, level), level)
    expected, expected_triangles = marching_cubes(dense, level)
    middles = (
        v[t].mean(axis=1) for v, t in ((vertices, triangles), (expected, expected_triangles))
    )
    return {
        "vertices": len(expected),
        "triangles": len(expected_triangles),
        "unmatched_vertices": unmatched(vertices, expected),
        "unmatched_triangles": unmatched(*middles),
        "queries": counted.queries,
        "surface_points": surface_points(dense, level),
    }


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    from IMGAN.model import IMAE  # not for --help

    dataset, imae = PointValueDataset(options.dataset), IMAE.from_checkpoint(options.checkpoint)
    shapes = []
    for t in progress(range(0, len(dataset), options.every), unit="shape"):
        z = imae.encode(dataset.voxels[t : t + 1])[0]
        result = compare(imae.field(z), options.resolution, options.level)
        shapes.append({"shape": t, **result})
        say(", ".join(f"{name} {value}" for name, value in shapes[-1].items()))
    unequal = sum(s["unmatched_vertices"] + s["unmatched_triangles"] > 0 for s in shapes)
    queries = [s["queries"] for s in shapes]
    ratio = np.mean([s["queries"] / max(s["surface_points"], 1) for s in shapes])
    print(
        f"{len(shapes)} shapes at {options.resolution}³: {unequal} differ from the dense one; "
        f"queries: mean {np.mean(queries):.0f}, most {max(queries)}, "
        f"{ratio:.2f} times the points that touch the surface"
    )
    if options.json:
        content = {**dataclasses.asdict(options), "shapes": shapes}
        write_json(options.json, content)


if __name__ == "__main__":
    run_program(main)
