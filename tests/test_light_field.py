"""The light-field distance: its geometry, and whether it ranks real furniture."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imnet.metrics import light_field
from imnet.metrics.light_field import (
    alignments,
    dodecahedron_rotations,
    light_field_descriptors,
    light_field_distance,
    rig_rotations,
    view_directions,
)
from imnet.surfaces import marching_cubes
from imnet.surfaces.binvox import read_binvox

FURNITURE = Path(__file__).parent.parent / "point_sampling" / "furniture"


def furniture(kind, every):
    paths = sorted((FURNITURE / kind).glob("*.binvox"))[::every]
    return [marching_cubes(read_binvox(path).astype(np.float32)) for path in paths]


@pytest.fixture(scope="module")
def chairs():
    return furniture("chair", 9)  # 6


@pytest.fixture(scope="module")
def tables():
    return furniture("table", 7)  # 6


@pytest.fixture(scope="module")
def descriptors(chairs, tables):
    return [light_field_descriptors(*mesh) for mesh in chairs + tables]


def test_rotations_of_the_dodecahedron_are_a_group_of_60():
    rotations = dodecahedron_rotations()
    assert rotations.shape == (60, 3, 3)
    np.testing.assert_allclose(
        rotations @ rotations.transpose(0, 2, 1), [np.eye(3)] * 60, atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(rotations), 1)
    distinct = {tuple(np.round(rotation, 6).ravel() + 0.0) for rotation in rotations}
    assert len(distinct) == 60
    assert {tuple(np.round(rotations[7] @ r, 6).ravel() + 0.0) for r in rotations} == distinct


def test_views_are_ten_pairs_of_opposite_vertices():
    directions = view_directions()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    cosines = np.abs(directions @ directions.T)[np.triu_indices(10, 1)]
    values, counts = np.unique(np.round(cosines, 6), return_counts=True)
    np.testing.assert_allclose(values, [1 / 3, 5**0.5 / 3], atol=1e-6)
    assert counts.tolist() == [30, 15]  # 3 neighbours of each of 10 vertices, opposite ones as one


def test_alignments_are_60_permutations_of_the_views():
    assert alignments().shape == (60, 10)
    assert (np.sort(alignments(), axis=1) == np.arange(10)).all()
    assert len(np.unique(alignments(), axis=0)) == 60


def test_the_distance_is_the_least_over_rigs_and_rotations():
    a, b = np.random.default_rng(0).random((2, 10, 10, 45))
    expected = min(
        np.abs(x - y[permutation]).sum() for x in a for y in b for permutation in alignments()
    )
    assert light_field_distance(a, b) == pytest.approx(expected)


def test_zernike_polynomials_are_orthogonal():
    _, (real, imaginary) = light_field._zernike_polynomials()
    assert real.shape[1] == 35
    polynomials = real + 1j * imaginary
    products = np.abs(polynomials.conj().T @ polynomials)
    scale = np.sqrt(np.outer(products.diagonal(), products.diagonal()))
    # 128² pixels are no disc, so not to the last digit
    np.testing.assert_allclose(products / scale, np.eye(35), atol=0.02)


def test_a_shape_is_at_zero_from_itself_and_distances_are_symmetric(descriptors):
    a, b = descriptors[0], descriptors[-1]
    assert light_field_distance(a, a) == 0
    assert light_field_distance(a, b) == pytest.approx(light_field_distance(b, a))
    assert light_field_distance(a, b) > 5


def test_rotations_of_a_rig_change_nothing_but_pixels(chairs, descriptors):
    (vertices, triangles), descriptor = chairs[0], descriptors[0]
    to_others = min(light_field_distance(descriptor, other) for other in descriptors[1:])
    # One that takes rig 3 to itself, and one that takes rig 2 to rig 5.
    rig = rig_rotations()
    for rotation in (rig[3] @ dodecahedron_rotations()[17] @ rig[3].T, rig[5] @ rig[2].T):
        turned = light_field_descriptors(vertices @ rotation.T, triangles)
        assert light_field_distance(descriptor, turned) < 0.1 * to_others


def test_any_rotation_scale_and_place_leave_a_shape_nearest_to_itself(chairs, descriptors):
    rotation = Rotation.from_rotvec([0.3, 0.5, 1.0]).as_matrix()
    vertices, triangles = chairs[0]
    turned = light_field_descriptors(vertices @ rotation.T * 7 + 100, triangles)
    distances = [light_field_distance(turned, other) for other in descriptors]
    assert np.argmin(distances) == 0
    moved = light_field_descriptors(vertices * 7 + 100, triangles)
    np.testing.assert_allclose(moved, descriptors[0], atol=0.01)


def test_furniture_is_nearer_to_its_own_class(descriptors, chairs):
    n = len(chairs)
    distances = np.array(
        [
            [light_field_distance(a, b) if a is not b else np.nan for a in descriptors]
            for b in descriptors
        ]
    )
    across = distances[:n, n:].mean()
    assert np.nanmean(distances[:n, :n]) < across and np.nanmean(distances[n:, n:]) < across
    kind = np.arange(len(descriptors)) < n
    nearest = np.nanargmin(distances, axis=1)
    assert np.mean(kind[nearest] == kind) >= 0.75


@pytest.mark.parametrize("triangles", [np.zeros((0, 3), int), np.zeros((2, 3), int)])
def test_no_surface_is_refused(triangles):
    with pytest.raises(ValueError, match="area"):
        light_field_descriptors(np.zeros((3, 3)), triangles)
