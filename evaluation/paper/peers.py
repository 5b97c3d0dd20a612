"""Other packages' figures of the shapes of measuring.py, which runs this in their environment.

    python peers.py SHAPES.npz SETTINGS    # prints JSON: table → row → cells

Nothing of this project is imported here. SETTINGS are JSON, see measuring.py.
"""

import json
import sys

import numpy as np
import open3d as o3d
import point_cloud_utils as pcu
import trimesh
from open3d.t.geometry import Metric, MetricParameters, PointCloud, RaycastingScene, TriangleMesh

DISTANCES = (Metric.ChamferDistance, Metric.FScore)
CUBE = trimesh.creation.box()


class Side:
    """One shape of a pair: its mesh, and the points that measuring.py drew on it."""

    def __init__(self, arrays: dict[str, np.ndarray], name: str):
        self.vertices = arrays[f"{name} vertices"]  # [v, 3]
        self.triangles = arrays[f"{name} triangles"]  # [f, 3]
        self.points = arrays[f"{name} points"]  # [n, 3]
        self.trimesh = trimesh.Trimesh(self.vertices, self.triangles, process=False)

    def cloud(self) -> PointCloud:
        return PointCloud(o3d.core.Tensor(self.points.astype(np.float32)))

    def mesh(self) -> TriangleMesh:
        return TriangleMesh(
            o3d.core.Tensor(self.vertices.astype(np.float32)),
            o3d.core.Tensor(self.triangles.astype(np.int32)),
        )

    def holds_by_rays(self, points: np.ndarray) -> np.ndarray:
        scene = RaycastingScene()
        scene.add_triangles(self.mesh())
        return scene.compute_occupancy(points.astype(np.float32)).numpy() > 0

    def holds_by_distance(self, points: np.ndarray) -> np.ndarray:
        return pcu.signed_distance_to_mesh(points, self.vertices, self.triangles)[0] < 0

    def estimated_normals(self) -> np.ndarray:
        cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(self.points))
        cloud.estimate_normals()
        return np.asarray(cloud.normals)


def open3d_figures(a: Side, b: Side, threshold: float, on_surfaces: bool) -> tuple[float, float]:
    """Open3D's chamfer distance and F-score, of the points or of its own points of the meshes."""
    parameters = MetricParameters([threshold], len(a.points))
    sides = (a.mesh(), b.mesh()) if on_surfaces else (a.cloud(), b.cloud())
    return tuple(sides[0].compute_metrics(sides[1], DISTANCES, parameters).numpy().tolist())


def to_surface(a: Side, b: Side) -> float:
    """The mean distance of points to the other surface, both directions halved, by trimesh."""
    there = trimesh.proximity.closest_point(b.trimesh, a.points)[1]
    back = trimesh.proximity.closest_point(a.trimesh, b.points)[1]
    return (there.mean() + back.mean()) / 2


def estimated_consistency(a: Side, b: Side) -> float:
    """Mean |n · n'| at nearest points, both directions halved, of Open3D's estimated normals."""
    trees = [o3d.geometry.KDTreeFlann(side.points.T.copy()) for side in (a, b)]
    normals = [side.estimated_normals() for side in (a, b)]
    means = []
    for i, side in enumerate((a, b)):
        at = [trees[1 - i].search_knn_vector_3d(point, 1)[1][0] for point in side.points]
        means.append(np.abs((normals[i] * normals[1 - i][at]).sum(axis=1)).mean())
    return sum(means) / 2


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


def inside_figures(a: Side, b: Side, count: int) -> dict[str, float]:
    """IoU by random points of the box of both, as several packages tell what is inside."""
    corners = np.concatenate([a.vertices, b.vertices])
    low, high = corners.min(axis=0), corners.max(axis=0)
    points = np.random.default_rng(0).uniform(low, high, (count, 3))
    by_trimesh = [overlap(a.trimesh.contains(points), b.trimesh.contains(points)) for _ in range(2)]
    return {
        "trimesh `contains`, Embree": by_trimesh[0],
        "the same call again": by_trimesh[1],
        "Open3D `compute_occupancy`": overlap(a.holds_by_rays(points), b.holds_by_rays(points)),
        "point-cloud-utils `signed_distance_to_mesh` < 0": overlap(
            a.holds_by_distance(points), b.holds_by_distance(points)
        ),
    }


def counts(asked: list[int]) -> dict[str, list[int]]:
    """How many points several functions draw on a cube when so many are asked for."""
    vertices, triangles = CUBE.vertices.astype(np.float64), CUBE.faces.astype(np.int64)
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(vertices), o3d.utility.Vector3iVector(triangles)
    )
    draw = {
        "trimesh `sample_surface`": lambda n: trimesh.sample.sample_surface(CUBE, n, seed=1)[0],
        "trimesh `sample_surface_even`": lambda n: trimesh.sample.sample_surface_even(
            CUBE, n, seed=1
        )[0],
        "Open3D `sample_points_uniformly`": lambda n: mesh.sample_points_uniformly(n).points,
        "Open3D `sample_points_poisson_disk`": lambda n: mesh.sample_points_poisson_disk(n).points,
        "point-cloud-utils `sample_mesh_random`": lambda n: pcu.sample_mesh_random(
            vertices, triangles, n, random_seed=1
        )[0],
        "point-cloud-utils `sample_mesh_poisson_disk`": lambda n: pcu.sample_mesh_poisson_disk(
            vertices, triangles, n, random_seed=1
        )[0],
    }
    return {name: [len(function(n)) for n in asked] for name, function in draw.items()}


def watertight_volume(resolution: int) -> float:
    """The volume of what point-cloud-utils makes of a cube of volume 1."""
    vertices, triangles = CUBE.vertices.astype(np.float64), CUBE.faces.astype(np.int64)
    made = pcu.make_mesh_watertight(vertices, triangles, resolution, seed=1)
    return float(trimesh.Trimesh(*made).volume)


def main() -> None:
    arrays, settings = np.load(sys.argv[1]), json.loads(sys.argv[2])
    o3d.utility.random.seed(1)
    pairs = {p: [Side(arrays, f"{p} {s}") for s in "ab"] for p in settings["pairs"]}
    solids = {p: [Side(arrays, f"{p} {s}") for s in "ab"] for p in settings["solids"]}
    t, tables = settings["threshold"], {}
    chamfer, f_score = [], []
    for on_surfaces in (False, True):
        found = [open3d_figures(*pair, t, on_surfaces) for pair in pairs.values()]
        chamfer.append([both[0] for both in found])
        f_score.append([both[1] for both in found])
    tied = open3d_figures(*(Side(arrays, f"tied {s}") for s in "ab"), t, False)[1]
    tables["chamfer"] = {
        "Open3D points": chamfer[0],
        "Open3D meshes": chamfer[1],
        "pcu": [pcu.chamfer_distance(a.points, b.points) for a, b in pairs.values()],
        "to surface": [to_surface(*pair) for pair in pairs.values()],
    }
    tables["F-score"] = {"Open3D points": [*f_score[0], tied], "Open3D meshes": f_score[1]}
    tables["normals"] = {"Open3D": [estimated_consistency(*pair) for pair in pairs.values()]}
    inside = [inside_figures(*pair, settings["inside"]) for pair in solids.values()]
    tables["IoU"] = {name: [found[name] for found in inside] for name in inside[0]}
    tables["samples"] = counts(settings["asked"])
    tables["watertight"] = {str(r): watertight_volume(r) for r in settings["resolutions"]}
    print(json.dumps(tables, default=float))


if __name__ == "__main__":
    main()
