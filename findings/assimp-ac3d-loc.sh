#!/bin/bash
# assimp moves the kids of an AC3D group by its `loc`, but not those of a polygon object.
#
# Behaviour: in AC3D (.ac, the format of FlightGear's models) the `loc` of an object is relative to the object above it, whatever its kind. assimp places the kid of an `OBJECT group`
# with `loc 10 20 30` at 10 20 30, but the kid of an `OBJECT poly` with the same `loc` at 0 0 0: it moves that object's own vertices and forgets it for what is below. Parts of
# aircraft lie at the origin; the file is read without an error.
# Versions: assimp-py 1.1.0, numpy 2.4.6, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q assimp-py==1.1.0 numpy==2.4.6
"$folder/env/bin/python" - "$folder/model.ac" <<'PYTHON'
import sys

import assimp_py
import numpy as np

TRIANGLE = (
    "numvert 3\n1 0 0\n0 2 0\n0 0 3\nnumsurf 1\nSURF 0x0\nmat 0\nrefs 3\n0 0 0\n1 0 0\n2 0 0\n"
)
KID = f'OBJECT poly\nname "kid"\n{TRIANGLE}kids 0\n'
LOC = "loc 10 20 30\n"
ABOVE = {
    "group": f'OBJECT group\nname "above"\n{LOC}kids 1\n{KID}',
    "poly": f'OBJECT poly\nname "above"\n{LOC}{TRIANGLE}kids 1\n{KID}',
}
HEAD = (
    'AC3Db\nMATERIAL "" rgb 1 1 1 amb 1 1 1 emis 0 0 0 spec 0 0 0 shi 0 trans 0\n'
    "OBJECT world\nkids 1\n"
)
places = {}
for kind, text in ABOVE.items():
    with open(sys.argv[1], "w") as file:
        file.write(HEAD + text)
    flags = assimp_py.Process_Triangulate | assimp_py.Process_PreTransformVertices
    meshes = assimp_py.import_file(sys.argv[1], flags).meshes
    vertices = np.concatenate([np.asarray(mesh.vertices, float).reshape(-1, 3) for mesh in meshes])
    kid = vertices[-3:]
    places[kind] = (kid - [[1, 0, 0], [0, 2, 0], [0, 0, 3]])[0].tolist()
    print(f"kid of a {kind} with loc 10 20 30 is moved by {places[kind]}")
assert places == {"group": [10, 20, 30], "poly": [0, 0, 0]}, places
PYTHON
echo "as described"
