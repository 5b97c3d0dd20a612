#!/bin/bash
# Five marching cubes make different surfaces of one grid: which way faces point, whether the level is inside, how corners join.
#
# Behaviour, of a grid of occupancies (1 inside):
# - Faces: those of PyMCubes, VTK and trimesh point out by the right-hand rule. Those of libigl and of scikit-image, with its default gradient_direction="descent", point in: the
#   volume is negative, and normals, signed distances and renderers that cull back faces see the shape inside out.
# - Values equal to the level: VTK takes them for inside, the others for outside. A cube of 6 points a side whose outermost points are at the level has a volume of 125 in VTK and of
#   100.3 in PyMCubes, scikit-image and libigl. VTK's FlyingEdges also returns triangles without area (128 of 428); vtkMarchingCubes returns none.
# - Ambiguous cells: of a grid of random 0 and 1 the volumes are 678 (VTK, libigl), 712 (trimesh), 841 (scikit-image) and 881 (PyMCubes). scikit-image's surface has edges with
#   four triangles; the others have two at every edge. All are closed.
# Versions: PyMCubes 0.1.6, scikit-image 0.26.0, vtk 9.7.2, libigl 2.6.3, trimesh 5.2.0, numpy 2.4.6, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q PyMCubes==0.1.6 scikit-image==0.26.0 vtk==9.7.2 libigl==2.6.3 trimesh==5.2.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import igl
import mcubes
import numpy as np
import skimage.measure
import trimesh
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

LEVEL = 0.5


def by_vtk(kind, grid):
    image = vtk.vtkImageData()
    image.SetDimensions(*grid.shape)
    image.GetPointData().SetScalars(numpy_to_vtk(grid.ravel(order="F"), deep=True))
    surface = kind()
    surface.SetInputData(image)
    surface.SetValue(0, LEVEL)
    surface.Update()
    found = surface.GetOutput()
    triangles = vtk_to_numpy(found.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vtk_to_numpy(found.GetPoints().GetData()), triangles


def by_libigl(grid):
    places = np.argwhere(np.ones(grid.shape[::-1]))[:, ::-1].astype(float)  # x runs fastest
    values = grid.transpose(2, 1, 0).ravel().astype(float)
    return igl.marching_cubes(values, places, *grid.shape, LEVEL)[:2]


def by_trimesh(grid):
    mesh = trimesh.voxel.ops.matrix_to_marching_cubes(grid > LEVEL)
    return mesh.vertices, mesh.faces


MAKERS = {
    "PyMCubes": lambda grid: mcubes.marching_cubes(grid, LEVEL),
    "scikit-image": lambda grid: skimage.measure.marching_cubes(grid, LEVEL)[:2],
    "vtkFlyingEdges3D": lambda grid: by_vtk(vtk.vtkFlyingEdges3D, grid),
    "vtkMarchingCubes": lambda grid: by_vtk(vtk.vtkMarchingCubes, grid),
    "libigl": by_libigl,
    "trimesh": by_trimesh,
}


def figures(vertices, triangles):
    """Signed volume, triangles without area, edges with an odd number and with over two triangles."""
    corners = np.asarray(vertices, float)[triangles]
    sides = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat = int((np.linalg.norm(sides, axis=1) < 1e-12).sum())
    pairs = np.sort(np.asarray(triangles)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    counts = np.unique(pairs, axis=0, return_counts=True)[1]
    volume = np.linalg.det(corners).sum() / 6
    return float(volume), flat, int((counts % 2).sum()), int((counts > 2).sum())


touching = np.zeros((12, 12, 12), np.float32)
touching[3:9, 3:9, 3:9] = LEVEL
touching[4:8, 4:8, 4:8] = 1
random = np.zeros((14, 14, 14), np.float32)
random[1:-1, 1:-1, 1:-1] = np.random.default_rng(1).random((12, 12, 12)) > 0.5
found = {}
for name, maker in MAKERS.items():
    found[name] = figures(*maker(touching)), figures(*maker(random))
    print(name, "- level touched:", found[name][0], "random:", found[name][1])
volumes = {name: [round(each[0]) for each in both] for name, both in found.items()}
assert volumes == {
    "PyMCubes": [100, 881], "scikit-image": [-100, -841], "vtkFlyingEdges3D": [125, 678],
    "vtkMarchingCubes": [125, 678], "libigl": [-100, -678], "trimesh": [59, 712],
}, volumes  # fmt: skip
assert {name: both[0][1] for name, both in found.items() if both[0][1]} == {"vtkFlyingEdges3D": 128}
assert not any(each[2] for both in found.values() for each in both)
assert {name for name, both in found.items() if both[1][3]} == {"scikit-image"}
PYTHON
echo "as described"
