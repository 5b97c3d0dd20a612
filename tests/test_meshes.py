"""Mesh files of every format, units, surface points."""

import numpy as np
import pytest
import trimesh

from imnet.errors import UserError
from imnet.meshes import FORMATS, sample_surface, unit_vertices, write_mesh
from imnet.surface import marching_cubes


@pytest.fixture
def mesh():
    grid = np.zeros((8, 8, 8), np.float32)
    grid[2:6, 3:5, 1:7] = 1
    return marching_cubes(grid)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_opens_again(tmp_path, mesh, suffix):
    vertices, triangles = mesh
    path = tmp_path / "new folder" / f"shape{suffix}"
    write_mesh(path, vertices, triangles)
    again = trimesh.load(path, force="mesh", process=False)
    assert len(again.faces) == len(triangles)
    corners = again.triangles.reshape(-1, 3)
    np.testing.assert_allclose(corners, vertices[triangles].reshape(-1, 3), atol=1e-4)
    assert again.volume > 0
    if suffix != ".stl":  # which stores no shared vertices
        assert len(again.vertices) == len(vertices)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_an_unknown_format_names_the_known_ones(tmp_path, mesh):
    with pytest.raises(UserError, match=r"\.xyz.*\.dae \.ply"):
        write_mesh(tmp_path / "shape.xyz", *mesh)
    assert not list(tmp_path.iterdir())


def test_unit_vertices():
    # The cell centres of 4³ are at 1..4 in the bordered array, the cube's faces at 0.5 and 4.5.
    vertices = np.array([[0.5, 1, 4.5], [2.5, 2.5, 2.5]])
    np.testing.assert_allclose(unit_vertices(vertices, 4), [[-0.5, -0.375, 0.5], [0, 0, 0]])


def test_surface_points_are_uniform_by_area():
    # Two triangles in different planes, areas 2 and 6.
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 5], [0, 4, 5], [0, 0, 8.0]])
    triangles = np.array([[0, 1, 2], [3, 4, 5]])
    points, normals = sample_surface(vertices, triangles, 20000, np.random.default_rng(0))
    assert points.shape == normals.shape == (20000, 3)
    first = points[:, 2] == 0
    assert np.mean(first) == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(normals[first], np.broadcast_to([0, 0, 1], normals[first].shape))
    np.testing.assert_array_equal(
        normals[~first], np.broadcast_to([1, 0, 0], normals[~first].shape)
    )
    # Inside the first triangle, with its centroid as the mean.
    assert (points[first] >= 0).all() and (points[first].sum(axis=1) <= 2).all()
    np.testing.assert_allclose(points[first].mean(axis=0), [2 / 3, 2 / 3, 0], atol=0.03)


def test_a_mesh_without_area_has_no_surface_points():
    with pytest.raises(ValueError, match="without area"):
        sample_surface(np.zeros((3, 3)), np.array([[0, 1, 2]]), 10, np.random.default_rng(0))
