#!/bin/bash
# The signed distances of point-cloud-utils, and of libigl by fast winding number, are not distances where the winding number is not 0 or 1.
#
# Behaviour: `point_cloud_utils.signed_distance_to_mesh` and `igl.signed_distance` with SIGNED_DISTANCE_TYPE_FAST_WINDING_NUMBER return distance * (1 - 2 * winding number), with
# the number as it is computed, not rounded. Two cubes that overlap by half, as one mesh: 0.25 deep in the overlap, where the winding number is 2, both return -0.75. Outside of
# one cube, at a distance of 1.5, they return 1.4987, as the fast number there is only nearly 0. libigl's other kinds return 1.5. Who is hit: signed distance fields to train on
# (furniture's parts overlap), and clamped or truncated distances; the sign is right.
# Versions: point-cloud-utils 0.34.0, libigl 2.6.3, numpy 2.4.6, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q point-cloud-utils==0.34.0 libigl==2.6.3 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import igl
import numpy as np
import point_cloud_utils as pcu

CORNERS = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], float) - 0.5
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
CUBE = np.array([t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))])


def signed(points, vertices, triangles):
    points = np.array(points, float)
    kind = igl.SIGNED_DISTANCE_TYPE_FAST_WINDING_NUMBER
    exact = igl.SIGNED_DISTANCE_TYPE_PSEUDONORMAL
    return [
        pcu.signed_distance_to_mesh(points, vertices, triangles)[0],
        igl.signed_distance(points, vertices, triangles, sign_type=kind)[0],
        igl.signed_distance(points, vertices, triangles, sign_type=exact)[0],
        pcu.closest_points_on_mesh(points, vertices, triangles)[0],
        pcu.triangle_soup_fast_winding_number(vertices, triangles, points),
    ]


vertices = np.concatenate([CORNERS, CORNERS + [0.5, 0, 0]])
triangles = np.concatenate([CUBE, CUBE + 8])
by_pcu, by_igl, _, distance, winding = signed([(0.25, 0.01, 0.02)] * 2, vertices, triangles)
print(f"in the overlap: distance {distance}, winding {winding}, pcu {by_pcu}, igl {by_igl}")
assert np.allclose(distance, 0.25) and np.allclose([by_pcu, by_igl], -0.75, atol=1e-5)
by_pcu, by_igl, exact, distance, winding = signed([(2, 0.01, 0.02)] * 2, CORNERS, CUBE)
print(f"outside of one cube: distance {distance}, winding {winding}, pcu {by_pcu}, igl {by_igl}, "
      f"igl by pseudonormals {exact}")
assert np.allclose([exact, distance], 1.5)
assert np.allclose([by_pcu, by_igl], 1.4987, atol=2e-4)
assert np.allclose(by_pcu, distance * (1 - 2 * winding))
PYTHON
echo "as described"
