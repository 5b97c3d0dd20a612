#!/bin/bash
# mapbox-earcut uses every corner of an outline without holes, but with a hole it leaves out corners on straight sides.
#
# Behaviour: a square whose sides have a corner in the middle gives 6 triangles that use all 8 corners. The same square with a square hole gives triangles that cover the right
# area but do not use the outline's mid-side corners. A wall of a solid that is triangulated so does not share those corners with its neighbours: a closed solid becomes open
# (T-junctions), and what asks whether a point is inside, volume, voxelizers, is wrong or refuses. Readers of COLLADA <polygons> with <ph> holes, of IFC and of 3D text are hit.
# Versions: mapbox-earcut 2.1.0, numpy 2.4.6, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q mapbox-earcut==2.1.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import mapbox_earcut
import numpy as np

outline = np.array([(0, 0), (2, 0), (4, 0), (4, 2), (4, 4), (2, 4), (0, 4), (0, 2)], np.float64)
hole = np.array([(1, 1), (1, 3), (3, 3), (3, 1)], np.float64)


def unused(rings):
    points = np.concatenate(rings)
    ends = np.cumsum([len(ring) for ring in rings]).astype(np.uint32)
    found = mapbox_earcut.triangulate_float64(points, ends).reshape(-1, 3)
    a, b, c = points[found].swapaxes(0, 1)
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).sum() / 2
    return len(found), area, sorted(set(range(len(points))) - set(found.ravel().tolist()))


plain, with_hole = unused([outline]), unused([outline, hole])
print("triangles, area, corners that none uses: without a hole", plain, "with one", with_hole)
assert plain == (6, 16.0, [])
assert with_hole == (8, 12.0, [1, 3, 5, 7])
PYTHON
echo "as described"
