"""Vertex refinement: nearer to the surface, on the edges, nothing folded."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from imnet.surfaces import extract_surface
from imnet.surfaces.refinement import refine_vertices

ROOT = Path(__file__).parents[1]
RADIUS, CENTRE = 0.6, np.array([0.013, 0.007, -0.003])


def ball(points):
    return np.linalg.norm(points - CENTRE, axis=1) - RADIUS


def sheet(points):
    """2.2 voxels thick at 64³, slanted to the lattice, cut off by a ball."""
    across = np.abs(points @ np.array([0.6, 0.64, 0.48])) - 1.1 / 64
    return np.maximum(across, np.linalg.norm(points, axis=1) - 0.7)


def occupancy(distance, steepness=None):
    """A sigmoid of a signed distance, or bare 0 and 1."""

    def field(points):
        assert points.dtype == np.float32 and np.abs(points).max() <= 1
        d = distance(points.astype(np.float64))
        return d < 0 if steepness is None else 1 / (1 + np.exp(np.clip(steepness * d, -80, 80)))

    return field


def coordinates(vertices, resolution):
    return (vertices - 0.5) / resolution * 2 - 1


def in_cells(distance, vertices, resolution):
    """Distances of the vertices from the surface, in cells."""
    return np.abs(distance(coordinates(vertices, resolution))) * resolution / 2


def normals(vertices, triangles):
    a, b, c = vertices[triangles].swapaxes(0, 1)
    return np.cross(b - a, c - a)


def assert_sound(before, after, triangles):
    """No triangle turned by more than 90 degrees or lost its area, no vertex left its edge."""
    turned, was = normals(after, triangles), normals(before, triangles)
    assert ((turned * was).sum(axis=1) >= 0).all()
    assert (np.linalg.norm(turned, axis=1) > 0).all()
    assert (after >= np.floor(before)).all() and (after <= np.ceil(before)).all()


@pytest.mark.parametrize("distance", [ball, sheet])
@pytest.mark.parametrize("steepness", [60, 400, 4000])
def test_vertices_come_to_the_surface(distance, steepness):
    field = occupancy(distance, steepness)
    vertices, triangles = extract_surface(field, 64)
    refined = refine_vertices(field, vertices, triangles, 64)
    before, after = (in_cells(distance, v, 64) for v in (vertices, refined))
    assert after.mean() < before.mean() / 10
    assert after.max() < 0.01
    levels = [
        np.abs(field(coordinates(v, 64).astype(np.float32)) - 0.5).mean()
        for v in (vertices, refined)
    ]
    assert levels[1] < levels[0] / 10
    assert_sound(vertices, refined, triangles)
    assert trimesh.Trimesh(refined, triangles, process=False).is_watertight


def test_the_radius_of_a_sphere():
    field = occupancy(ball, 400)
    vertices, triangles = extract_surface(field, 64)
    refined = refine_vertices(field, vertices, triangles, 64)
    radii = np.linalg.norm(coordinates(refined, 64) - CENTRE, axis=1)
    np.testing.assert_allclose(radii, RADIUS, atol=3e-5)


@pytest.mark.parametrize("distance", [ball, sheet])
def test_a_field_of_bare_0_and_1_is_halved(distance):
    field = occupancy(distance)
    vertices, triangles = extract_surface(field, 64)
    refined = refine_vertices(field, vertices, triangles, 64)
    before, after = (in_cells(distance, v, 64) for v in (vertices, refined))
    assert after.max() < 1 / 50 and after.mean() < before.mean() / 10
    assert_sound(vertices, refined, triangles)


def test_few_evaluations_in_batches_none_off_the_grid():
    sizes = []

    def field(points):
        sizes.append(len(points))
        return occupancy(ball, 400)(points)

    vertices, triangles = extract_surface(occupancy(ball, 400), 64)
    refine_vertices(field, vertices, triangles, 64, batch_size=1000)
    assert max(sizes) == 1000
    assert sum(sizes) < 3.5 * len(vertices)


def test_the_shipped_model_on_a_chair():
    from IMGAN.model import IMAE
    from imnet.surfaces.binvox import read_binvox

    imae = IMAE.from_checkpoint(ROOT / "IMGAN/pretrained/chairs_64")
    chair = sorted((ROOT / "point_sampling/furniture/chair").glob("*.binvox"))[0]
    z = imae.encode(read_binvox(chair)[None, ..., None])[0]
    vertices, triangles = extract_surface(lambda points: imae.decode(points, z), 64)
    refined = refine_vertices(lambda points: imae.decode(points, z), vertices, triangles, 64)
    before, after = (
        np.abs(imae.decode(coordinates(v, 64), z) - 0.5).mean() for v in (vertices, refined)
    )
    assert after < before / 10
    assert_sound(vertices, refined, triangles)


def slanted(crossing):
    """A field that is 0.5 where x, in array units of a 4³ grid, is crossing(y)."""

    def field(points):
        x, y, _ = ((points + 1) / 2 * 4 + 0.5).T
        return 0.5 + crossing(y) - x

    return field


def test_folds_are_undone():
    # Bent one way before, at 1.6, 1.5, 1.6; the field bends it the other way, at 1.6, 1.9, 1.6.
    # The second triangle bends as the field does, and shares no vertex.
    vertices = np.array(
        [[1.6, 1, 1], [1.5, 2, 1], [1.6, 3, 1], [1.5, 1, 2], [1.7, 2, 2], [1.5, 3, 2]]
    )
    triangles = np.array([[0, 1, 2], [3, 4, 5]])
    field = slanted(lambda y: np.where(np.abs(y - 2) < 0.5, 1.9, 1.6))
    refined = refine_vertices(field, vertices, triangles, 4)
    np.testing.assert_array_equal(refined[:3], vertices[:3])
    np.testing.assert_allclose(refined[3:, 0], [1.6, 1.9, 1.6], atol=2e-3)
    np.testing.assert_array_equal(refined[:, 1:], vertices[:, 1:])


def test_undoing_goes_on_until_nothing_is_folded():
    # The first triangle folds; with the vertices they share back in place, the second does.
    vertices = np.array([[1.6, 1, 1], [1.5, 2, 1], [1.6, 3, 1], [1.4, 4, 1]])
    triangles = np.array([[0, 1, 2], [1, 2, 3]])
    crossings = np.array([1.1, 1.6, 1.9, 1.8])
    field = slanted(lambda y: crossings[np.rint(y).astype(int) - 1])
    alone = refine_vertices(field, vertices, triangles[1:], 4)
    np.testing.assert_allclose(alone[:, 0], crossings, atol=2e-3)
    np.testing.assert_array_equal(refine_vertices(field, vertices, triangles, 4), vertices)


def test_a_triangle_does_not_lose_its_area():
    vertices = np.array([[1.6, 1, 1], [1.5, 2, 1], [1.6, 3, 1]])
    triangles = np.array([[0, 1, 2]])
    refined = refine_vertices(slanted(lambda y: 1.5 + 0 * y), vertices, triangles, 4)
    np.testing.assert_array_equal(refined, vertices)


def test_the_faces_of_the_grid_stay():
    field = occupancy(lambda points: 0.013 - points[:, 0], 100)  # inside up to the face x = 1
    vertices, triangles = extract_surface(field, 16)
    refined = refine_vertices(field, vertices, triangles, 16)
    on_face = ((vertices < 1) | (vertices > 16)).any(axis=1)
    np.testing.assert_array_equal(refined[on_face], vertices[on_face])
    inner = refined[~on_face]
    assert len(inner) == 16 * 16
    np.testing.assert_allclose(coordinates(inner, 16)[:, 0], 0.013, atol=1e-4)


@pytest.mark.filterwarnings("ignore:the field is NaN")
def test_odd_fields():
    def half_nan(points):
        return np.where(points[:, 0] > 0.1, np.nan, occupancy(ball, 60)(points))

    for field in half_nan, lambda points: np.ones(len(points)), lambda points: 0 * points[:, 0]:
        vertices, triangles = extract_surface(field, 32)
        refined = refine_vertices(field, vertices, triangles, 32)
        assert refined.shape == vertices.shape and np.isfinite(refined).all()
        assert_sound(vertices, refined, triangles)


def test_values_that_are_no_probabilities():
    def field(points):
        return 30 - 20 * np.sinh(20 * ball(points))

    vertices, triangles = extract_surface(field, 64, 30)
    refined = refine_vertices(field, vertices, triangles, 64, 30)
    assert in_cells(ball, refined, 64).mean() < in_cells(ball, vertices, 64).mean() / 10


def test_a_mesh_of_another_field_is_left_alone():
    vertices, triangles = extract_surface(occupancy(ball, 60), 32)
    refined = refine_vertices(lambda points: np.zeros(len(points)), vertices, triangles, 32)
    np.testing.assert_array_equal(refined, vertices)
