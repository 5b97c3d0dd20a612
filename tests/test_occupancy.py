"""What meshes enclose, and whether they enclose anything."""

import time

import numpy as np
import pytest
import trimesh

from imnet.data.lattice import cell_centres, unit_vertices
from imnet.surfaces import marching_cubes, occupancy
from imnet.surfaces.occupancy import mesh_occupancy, surface_condition


def cube(half, centre=(0, 0, 0)):
    return trimesh.creation.box((2 * half,) * 3, trimesh.transformations.translation_matrix(centre))


def mesh_of(mesh):
    return np.asarray(mesh.vertices), np.asarray(mesh.faces)


@pytest.mark.parametrize("resolution", [16, 33])
def test_occupancy_of_a_sphere(resolution):
    sphere = trimesh.creation.icosphere(5, 0.4)
    centres = cell_centres(resolution) / 2
    expected = np.linalg.norm(centres, axis=1) < 0.4
    found = mesh_occupancy(sphere.vertices, sphere.faces[:, ::-1], resolution)
    near = np.abs(np.linalg.norm(centres, axis=1) - 0.4) < 0.001
    assert ((found.ravel() == expected) | near).all() and found.any()


def test_occupancy_gives_back_the_voxels_of_a_surface():
    rng = np.random.default_rng(0)
    voxels = rng.random((64, 64, 64)) < 0.3
    vertices, triangles = marching_cubes(voxels.astype(np.float32))
    vertices = unit_vertices(vertices, 64)
    np.testing.assert_array_equal(mesh_occupancy(vertices, triangles, 64), voxels)


def test_batches_change_nothing(monkeypatch):
    sphere = mesh_of(trimesh.creation.icosphere(2, 0.45))
    whole = mesh_occupancy(*sphere, 40)
    monkeypatch.setattr(occupancy, "BATCH", 100)
    np.testing.assert_array_equal(mesh_occupancy(*sphere, 40), whole)


def test_occupancy_of_a_mesh_that_reaches_out_of_the_cube():
    assert mesh_occupancy(*mesh_of(cube(2)), 8).all()
    assert not mesh_occupancy(*mesh_of(cube(0.2, (3, 0, 0))), 8).any()


@pytest.mark.parametrize("inward", [False, True])
def test_overlapping_parts_are_one_solid(inward):
    parts = [cube(0.2, (-0.1, 0, 0)), cube(0.2, (0.1, 0, 0))]
    if inward:
        for part in parts:
            part.invert()
    found = mesh_occupancy(*mesh_of(trimesh.util.concatenate(parts)), 20)
    x, y, z = np.abs(cell_centres(20).T / 2).reshape(3, 20, 20, 20)
    np.testing.assert_array_equal(found, (x < 0.3) & (y < 0.2) & (z < 0.2))


def test_a_cavity_is_outside():
    inner = cube(0.2)
    inner.invert()
    found = mesh_occupancy(*mesh_of(trimesh.util.concatenate([cube(0.4), inner])), 20)
    distance = np.abs(cell_centres(20) / 2).max(axis=1).reshape(20, 20, 20)
    np.testing.assert_array_equal(found, (distance < 0.4) & (distance > 0.2))


def test_triangles_that_face_anyhow_still_enclose():
    vertices, triangles = mesh_of(trimesh.creation.icosphere(3, 0.4))
    anyhow = triangles.copy()
    anyhow[::3] = anyhow[::3, ::-1]
    np.testing.assert_array_equal(
        mesh_occupancy(vertices, anyhow, 32), mesh_occupancy(vertices, triangles, 32)
    )


def test_conditions():
    vertices, triangles = mesh_of(cube(0.3))
    assert surface_condition(vertices, triangles) == "closed"
    soup = vertices[triangles].reshape(-1, 3)
    assert surface_condition(soup, np.arange(36).reshape(12, 3)) == "closed"
    assert surface_condition(vertices, triangles[1:]) == "open"
    # two that share an edge: solids of their own as indexed, not once the vertices are merged
    both = trimesh.util.concatenate([cube(0.1, (-0.1, -0.1, 0)), cube(0.1, (0.1, 0.1, 0))])
    assert surface_condition(*mesh_of(both)) == "closed"
    both.merge_vertices()
    assert surface_condition(*mesh_of(both)) == "non-manifold"


def test_a_surface_of_real_size_takes_no_time():
    sphere = mesh_of(trimesh.creation.icosphere(6, 0.4))  # 82k triangles
    start = time.perf_counter()
    assert surface_condition(*sphere) == "closed" and mesh_occupancy(*sphere, 64).any()
    assert time.perf_counter() - start < 2
