"""What other readers make of the mesh files of the tests, beside ours: the table in a document.

    python benchmarks/mesh_readers.py --environment ~/mesh_readers

The readers are installed in an environment of their own. Each file is read in a process of its own.
A mesh is right if its extent, volume and area are.
"""

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from mesh_features import BAD, EXPECTED, GOOD, READ, REFUSED, TWO_BOXES  # noqa: E402

from imnet.base.errors import run_program  # noqa: E402
from imnet.base.flags import REQUIRED, option, parse_flags  # noqa: E402
from imnet.base.progress import progress  # noqa: E402
from imnet_evaluation.paper.documents import write_tables  # noqa: E402
from imnet_evaluation.paper.environments import python_with  # noqa: E402

PACKAGES = (
    *("trimesh==5.2.0", "assimp-py==1.1.0", "open3d==0.20.0"),
    *("scipy", "networkx", "lxml", "pycollada==0.9.3", "mapbox-earcut==2.1.0", "DracoPy==2.2.0"),
)
FIGURES = """
import json, sys
import numpy as np

def tell(corners):
    corners = np.asarray(corners, float).reshape(-1, 3, 3)
    if not len(corners):
        raise SystemExit("no faces")
    sides = corners[:, 1:] - corners[:, :1]
    area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1).sum() / 2
    low, high = corners.min((0, 1)), corners.max((0, 1))
    print(json.dumps([*low, *high, np.linalg.det(corners).sum() / 6, area]))
"""
READERS = {  # reader → a program that tells a file's figures
    "here": "from imnet.surfaces.reading import read_triangles\nfrom pathlib import Path\n"
    "tell(read_triangles(Path(sys.argv[1])))",
    "trimesh 5.2.0": "import trimesh\n"
    "mesh = trimesh.load_scene(sys.argv[1]).to_mesh()\ntell(mesh.vertices[mesh.faces])",
    "assimp-py 1.1.0": "import assimp_py as a\n"
    "scene = a.import_file(sys.argv[1], a.Process_Triangulate | a.Process_PreTransformVertices)\n"
    "parts = [np.asarray(m.vertices, float).reshape(-1, 3)[np.asarray(m.indices).reshape(-1, 3)]\n"
    "         for m in scene.meshes]\n"
    "tell(np.concatenate(parts))",
    "Open3D 0.20.0": "import open3d as o\n"
    "mesh = o.io.read_triangle_mesh(sys.argv[1])\n"
    "tell(np.asarray(mesh.vertices)[np.asarray(mesh.triangles)])",
}


@dataclass(frozen=True, kw_only=True)
class Flags:
    environment: Path = option(REQUIRED, "folder of the readers' environment; made if missing")
    document: Path = option(ROOT / "point_sampling/README.md", "document with the table")


def outcome(python: str | Path, program: str, path: Path, expected: tuple | None) -> str:
    """Return "right", "wrong" or "refused".

    Without `expected` any mesh is wrong, and so is a process that ends without a word.
    """
    command = [python, "-c", FIGURES + program, path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    if done.returncode > 0:
        return "refused"
    if done.returncode < 0 or expected is None:
        return "wrong"
    corner, volume, area = expected
    figures = json.loads(done.stdout.splitlines()[-1])
    return (
        "right" if np.allclose(figures, [0, 0, 0, *corner, volume, area], 1e-3, 1e-3) else "wrong"
    )


def cell(found: list[str], good: str) -> str:
    """Say what became of a row's files: one word if it is the same of all."""
    if len(set(found)) == 1:
        return found[0] if found[0] != "right" else "read"
    others = [f"{found.count(kind)} {kind}" for kind in dict.fromkeys(found) if kind != good]
    return f"{', '.join(others)} of {len(found)}"


def main() -> None:
    flags = parse_flags(Flags, __doc__)
    python = python_with(flags.environment, PACKAGES)
    pythons = {name: sys.executable if name == "here" else python for name in READERS}
    rows, jobs = [], []
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as pool:
        for suffix in GOOD:
            for files, features in ((GOOD, READ), (BAD, REFUSED)):
                for feature, cases in features.get(suffix, {}).items():
                    results = {name: [] for name in READERS}
                    for case in cases:
                        content = files[suffix][case]
                        path = Path(place) / f"{len(jobs)}{suffix}"
                        good = files is GOOD
                        content = content if good else content[0]
                        text = isinstance(content, str)
                        path.write_bytes(content.encode() if text else content)
                        expected = EXPECTED.get(case, TWO_BOXES) if good else None
                        for name, program in READERS.items():
                            job = pool.submit(outcome, pythons[name], program, path, expected)
                            results[name].append(job)
                            jobs.append(job)
                    rows.append((suffix[1:], feature, results, "right" if good else "refused"))
        for job in progress(jobs, "reading", unit="file"):
            job.result()
    table = [["format", "feature", *READERS]]
    for suffix, feature, results, good in rows:
        found = [cell([job.result() for job in results[name]], good) for name in READERS]
        table.append([suffix, feature, *found])
    write_tables(flags.document, {"what is read": table})


if __name__ == "__main__":
    run_program(main)
