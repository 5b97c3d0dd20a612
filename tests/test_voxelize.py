"""Meshes to solids: known volumes, open and many-part meshes, axes, formats, bad meshes."""

import tracemalloc
from itertools import product

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from imnet.base.errors import UserError
from imnet.surfaces import voxelize as module
from imnet.surfaces.solid import fill_from_border
from imnet.surfaces.voxelize import (
    axes_to_shapenet,
    normalise,
    voxelize,
    voxelize_surface,
)


def triangles_of(mesh):
    return np.array(mesh.triangles, np.float64)


def test_a_cube_is_solid_and_centred():
    cube = triangles_of(trimesh.creation.box((3, 3, 3))) + np.array([5, -7, 100])
    solid = voxelize(cube, "cube")
    occupied = np.argwhere(solid)
    # its diagonal is 1, so its side is 256 / √3 = 147.8 voxels
    assert abs(occupied.min(axis=0) - 54).max() <= 1
    assert abs(occupied.max(axis=0) - 201).max() <= 1
    assert solid.sum() == np.prod(np.ptp(occupied, axis=0) + 1)


def test_a_sphere_has_its_volume():
    solid = voxelize(triangles_of(trimesh.creation.icosphere(4)), "sphere")
    radius = 256 / np.sqrt(12)  # the bounding box's diagonal is 2 r √3
    # the surface's voxels count as solid: about half a voxel more on all sides
    assert 1 < solid.sum() / (4 / 3 * np.pi * radius**3) < 1.04


def test_open_meshes_are_solid():
    box = trimesh.creation.box((2, 2, 2))
    # a crack along an edge, one voxel wide at 256³, as in real models that do not quite meet
    cracked = triangles_of(box)
    top = cracked[:, :, 1].min(axis=1) == 1
    cracked[top] += (0, 0.02, 0)
    assert not trimesh.Trimesh(**trimesh.triangles.to_kwargs(cracked)).is_watertight
    assert voxelize(cracked, "box").sum() > 0.95 * voxelize(triangles_of(box), "box").sum()
    flipped = triangles_of(box)[:, ::-1]  # inside out
    assert np.array_equal(voxelize(flipped, "box"), voxelize(triangles_of(box), "box"))


def test_a_bowl_stays_hollow():
    bowl = triangles_of(trimesh.creation.box((2, 2, 2)))
    bowl = bowl[bowl[:, :, 1].min(axis=1) < 1]  # without its top
    solid = voxelize(bowl, "bowl")
    assert not solid[128, 128, 128]
    assert solid[128].any() and solid.sum() < 200_000


def test_parts_and_unused_vertices():
    parts = [trimesh.creation.box((1, 1, 1)), trimesh.creation.box((1, 1, 1))]
    parts[1].apply_translation((3, 0, 0))
    solid = voxelize(np.concatenate([triangles_of(part) for part in parts]), "parts")
    assert solid[:100].any() and solid[156:].any() and not solid[110:146].any()


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_the_surface_has_no_gap(seed):
    """The outside must not leak into a turned box, whose volume is known."""
    random = np.random.default_rng(seed)
    sides = random.uniform(0.3, 1, 3)
    box = trimesh.creation.box(sides)
    box.apply_transform(trimesh.transformations.random_rotation_matrix(random.random(3)))
    triangles = normalise(triangles_of(box), "box")
    scale = np.linalg.norm(triangles[0, 0] - triangles[0, 1])
    scale /= np.linalg.norm(box.triangles[0, 0] - box.triangles[0, 1])
    solid = fill_from_border(voxelize_surface(triangles, 64))
    assert solid.sum() > np.prod(sides * scale * 64)


def test_samples_lie_on_their_triangle():
    triangle = np.array([[[-0.4, -0.4, 0.01], [0.4, -0.4, 0.01], [-0.4, 0.4, 0.01]]])
    i, j, k = np.nonzero(voxelize_surface(triangle, 64))
    assert set(k) == {32}  # the plane z = 0.01
    assert (i.min(), i.max(), j.min(), j.max()) == (6, 57, 6, 57)
    assert (i + j).max() <= 64  # nothing beyond the long edge
    assert len(i) == pytest.approx(51.2**2 / 2, rel=0.06)


def test_batches_do_not_change_the_grid(monkeypatch):
    triangles = np.random.default_rng(0).uniform(-0.5, 0.5, (40, 3, 3))
    whole = voxelize_surface(triangles, 64)
    for batch in (1, 1000, 12345):
        monkeypatch.setattr(module, "_BATCH", batch)
        assert np.array_equal(voxelize_surface(triangles, 64), whole)


def test_memory_is_bounded():
    triangle = [[-0.5, -0.5, -0.5], [0.5, 0.5, -0.5], [0.5, -0.5, 0.5]]  # covers the grid
    tracemalloc.start()
    voxelize_surface(np.array([triangle] * 60), 256)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6  # in one go it would be 2 GB


@pytest.mark.parametrize("source", [-0.5, 0.5])
def test_the_grid_border_belongs_to_the_grid(source):
    assert voxelize_surface(np.full((1, 3, 3), source), 16).sum() == 1


def test_axes():
    assert np.array_equal(axes_to_shapenet("+y", "-z"), np.eye(3))
    assert np.array_equal(axes_to_shapenet("+y", "+z"), np.diag([-1, 1, -1]))
    vectors = {"+" + name: row for name, row in zip("xyz", np.eye(3), strict=True)}
    vectors |= {"-" + name[1]: -row for name, row in vectors.items()}
    for up, front in product(vectors, repeat=2):
        if up[1] == front[1]:
            with pytest.raises(UserError, match="parallel"):
                axes_to_shapenet(up, front)
            continue
        rotation = axes_to_shapenet(up, front)
        assert np.linalg.det(rotation) == pytest.approx(1)
        assert np.array_equal(rotation @ vectors[up], [0, 1, 0])
        assert np.array_equal(rotation @ vectors[front], [0, 0, -1])


@pytest.mark.parametrize("axis", ["", "y", "+w", "y+", "+yz", "++"])
def test_wrong_axes(axis):
    with pytest.raises(UserError, match="one of"):
        axes_to_shapenet(axis, "+z")
    with pytest.raises(UserError, match="one of"):
        axes_to_shapenet("+z", axis)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(np.nan, "not finite"), (np.inf, "not finite"), (3.0, "zero size"), (-1e308, "1e\\+308 long")],
)
def test_meshes_without_extent(value, reason):
    triangles = np.full((2, 3, 3), 3.0)
    triangles[1, 1, 2] = value
    with pytest.raises(UserError, match=reason):
        voxelize(triangles, "mesh")
