"""Make meshes of furniture with infinigen, in the environment that get_procedural.py makes.

Reads lines 'FACTORY SEED' from stdin. Answers each with a line 'SIZE' and the SIZE bytes of the
object's triangles, float32 [f, 3, 3], z up; or with a line '0 REASON'.
"""

import os
import random
import sys

import numpy as np

answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # Blender prints on stdout

import bpy  # noqa: E402
from infinigen.core import init  # noqa: E402

init.require_blender_addon = lambda *_, **__: False  # no downloads: no furniture needs add-ons

from infinigen.assets.objects import seating, tables  # noqa: E402
from infinigen.core.util import blender  # noqa: E402


def triangles_of(thing: bpy.types.Object) -> np.ndarray:
    """Return the triangles of an object and all its children in the world's frame: [f, 3, 3]."""
    graph, found = bpy.context.evaluated_depsgraph_get(), []
    for part in (thing, *thing.children_recursive):
        if part.type != "MESH":
            continue
        mesh = part.evaluated_get(graph).to_mesh()
        mesh.calc_loop_triangles()
        vertices = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", vertices)
        faces = np.empty(3 * len(mesh.loop_triangles), np.int32)
        mesh.loop_triangles.foreach_get("vertices", faces)
        turn = np.array(part.matrix_world, np.float32)  # [4, 4]
        vertices = vertices.reshape(-1, 3) @ turn[:3, :3].T + turn[:3, 3]
        found.append(vertices[faces.reshape(-1, 3)])
    return np.concatenate(found)


def make(factory: str, seed: int) -> np.ndarray:
    """Make the object of a factory and a seed: triangles float32 [f, 3, 3]."""
    blender.clear_scene()
    random.seed(seed)
    np.random.seed(seed)  # for what infinigen draws outside of its own seeds
    maker = (getattr(seating, factory, None) or getattr(tables, factory))(seed)
    placeholder = None
    if isinstance(maker, seating.SofaFactory):  # armchairs too
        maker.params["Scaling footrest"] = 1  # no longer than the seat, so that there is none
        placeholder = maker.create_placeholder()  # which its asset is made of
    return triangles_of(maker.create_asset(i=0, placeholder=placeholder, face_size=None))


for line in sys.stdin:
    factory, seed = line.split()
    try:
        data = make(factory, int(seed)).astype(np.float32).tobytes()
        answers.write(f"{len(data)}\n".encode() + data)
    except Exception as error:  # infinigen raises anything; the next seed may be good
        answers.write(b"0 " + " ".join(f"{type(error).__name__}: {error}".split()).encode() + b"\n")
    answers.flush()
