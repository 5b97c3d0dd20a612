#!/bin/bash
# trimesh places the voxels of a binvox file half a voxel off and stretches them.
#
# Behaviour: a binvox file of 4 voxels a side with `translate 0 0 0` and `scale 1` fills the unit cube, so by the format the centre of its first voxel is at 0.125 and that of
# its last at 0.875 (binvox's page: a voxel's place is (i + 0.5) / dim * scale + translate). trimesh puts them at 0 and at 1. A shape that goes to voxels and back comes
# out larger by dim / (dim - 1) and shifted, which at 64 voxels costs a few percent of IoU at thin parts and is easily taken for an error of a network.
# Versions: trimesh 5.2.0, numpy 2.4.6, scipy 1.17.1, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q trimesh==5.2.0 numpy==2.4.6 scipy==1.17.1
"$folder/env/bin/python" - <<'PYTHON'
import io

import numpy as np
import trimesh

header = b"#binvox 1\ndim 4 4 4\ntranslate 0 0 0\nscale 1\ndata\n"
grid = trimesh.load(io.BytesIO(header + bytes([1, 64])), file_type="binvox")  # all occupied
points = grid.points
print("trimesh", trimesh.__version__, "first centre", points.min(axis=0), "last", points.max(axis=0))
assert len(points) == 64
np.testing.assert_allclose(points.min(axis=0), 0, atol=1e-12)
np.testing.assert_allclose(points.max(axis=0), 1, atol=1e-12)
PYTHON
echo "as described"
