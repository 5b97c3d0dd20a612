#!/bin/bash
# point-cloud-utils gives wrong distances to a mesh when it is asked about a single point.
#
# Behaviour: `signed_distance_to_mesh` and `closest_points_on_mesh` of the points (2, 0.01, 0.02) and (0, 0, 0.1) and a unit cube about the origin give the distances 1.5 and 0.4. Asked
# about either point alone, as an array [1, 3] of the same type, they give 1.57 and 0.07. NumPy calls an array of one row ordered by rows and by columns; the library takes it for
# ordered by columns, and the mesh's vertices with it. Vertices in Fortran's order, the same numbers, mend it. Who is hit: sphere tracing, point by point checks, and the last
# batch of a loop, where one point may be left over.
# Versions: point-cloud-utils 0.34.0, numpy 2.4.6, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q point-cloud-utils==0.34.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
import point_cloud_utils as pcu

VERTICES = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], float) - 0.5
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
CUBE = np.array([t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))])
POINTS = np.array([[2, 0.01, 0.02], [0, 0, 0.1]])

together = pcu.signed_distance_to_mesh(POINTS, VERTICES, CUBE)[0]
alone, closest, mended = [], [], []
for i in range(2):
    point = POINTS[i : i + 1].copy()
    alone.append(float(pcu.signed_distance_to_mesh(point, VERTICES, CUBE)[0]))
    closest.append(float(pcu.closest_points_on_mesh(point, VERTICES, CUBE)[0]))
    order = np.asfortranarray(VERTICES), np.asfortranarray(CUBE)
    mended.append(float(pcu.signed_distance_to_mesh(point, *order)[0]))
print(f"together {together}, each alone {alone}, closest {closest}; Fortran's order {mended}")
assert np.allclose(together, [1.5, -0.4], atol=3e-3)
assert np.allclose(mended, together)
assert np.allclose(alone, [1.575, -0.0707], atol=1e-3), alone
assert np.allclose(closest, [1.575, 0.0707], atol=1e-3), closest
PYTHON
echo "as described"
