"""Mesh files of every format, units, surface points."""

import numpy as np
import pytest
import trimesh

from imnet.base.errors import UserError
from imnet.base.files import MESH_FORMATS
from imnet.data.lattice import unit_vertices
from imnet.surfaces import marching_cubes
from imnet.surfaces.mesh_files import write_mesh, write_surface_points
from imnet.surfaces.reading import read_triangles
from imnet.surfaces.triangles import sample_surface


@pytest.fixture
def mesh():
    """Of many different positions, as far from 0 as in array units at 256³."""
    x = (np.arange(24) + 0.5) / 12 - 1
    squares = x[:, None, None] ** 2 + (1.3 * x[:, None]) ** 2 + (0.9 * x) ** 2
    vertices, triangles = marching_cubes((1 / (1 + np.exp(9 * squares - 4))).astype(np.float32))
    return vertices + np.array([200, 0, 100]), triangles


@pytest.mark.parametrize("suffix", MESH_FORMATS)
def test_every_format_opens_again(tmp_path, mesh, suffix):
    vertices, triangles = mesh
    path = tmp_path / "new folder" / f"shape{suffix}"
    write_mesh(path, vertices, triangles)
    again = trimesh.load(path, force="mesh", process=False)
    # .stl stores the corners of each triangle
    assert len(again.vertices) == (3 * len(triangles) if suffix == ".stl" else len(vertices))
    assert len(again.faces) == len(triangles)
    # .dae holds 7 decimal digits, the binary formats float32
    np.testing.assert_allclose(again.triangles, vertices[triangles], rtol=0, atol=6e-5)
    volume = trimesh.Trimesh(vertices, triangles, process=False).volume
    assert volume > 0 and again.volume == pytest.approx(volume, rel=1e-5)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".ply", ".stl", ".glb"])
def test_float32_coordinates_come_back_as_they_are(tmp_path, suffix):
    steps = np.random.default_rng(0).integers(0, 2**32, 3000, dtype=np.uint32).view(np.float32)
    vertices = np.float32([*steps[np.isfinite(steps)], 0.1, 1 / 3, -1e-30])[:2700].reshape(-1, 3)
    triangles = np.arange(900).reshape(-1, 3)
    write_mesh(tmp_path / f"x{suffix}", vertices, triangles)
    again = read_triangles(tmp_path / f"x{suffix}").astype(np.float32)
    np.testing.assert_array_equal(again, vertices[triangles])


def test_ply_is_binary_and_scenes_hold_one_mesh(tmp_path, mesh):
    for suffix in ".ply", ".glb", ".dae":
        write_mesh(tmp_path / f"shape{suffix}", *mesh)
    assert (tmp_path / "shape.ply").read_bytes().startswith(b"ply\nformat binary_little_endian")
    for suffix in ".glb", ".dae":
        scene = trimesh.load_scene(tmp_path / f"shape{suffix}", process=False)
        assert len(scene.geometry) == 1
        np.testing.assert_array_equal(scene.graph[scene.graph.nodes_geometry[0]][0], np.eye(4))


def test_an_unknown_format_names_the_known_ones(tmp_path, mesh):
    with pytest.raises(UserError, match=r"\.xyz.*\.dae \.ply"):
        write_mesh(tmp_path / "shape.xyz", *mesh)
    assert not list(tmp_path.iterdir())


def test_surface_points_in_ply(tmp_path):
    rng = np.random.default_rng(0)
    points, normals = rng.normal(size=(2, 50, 3))
    write_surface_points(tmp_path / "new folder" / "points.ply", points, normals)
    again = trimesh.load(tmp_path / "new folder" / "points.ply")
    np.testing.assert_array_equal(again.vertices, points.astype(np.float32))
    read = again.metadata["_ply_raw"]["vertex"]["data"]
    for axis, name in enumerate(("nx", "ny", "nz")):
        np.testing.assert_array_equal(read[name].ravel(), normals[:, axis].astype(np.float32))


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
