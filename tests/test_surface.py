"""The extractor: coarse to fine equals dense, and what it does with odd fields."""

import numpy as np
import pytest
import trimesh

from imnet.surfaces import (
    Blocks,
    Mesh,
    cube_blocks,
    extract_surface,
    largest_part,
    marching_cubes,
    sample_blocks,
    sample_field,
)
from imnet.surfaces.triangles import part_areas

SHARP = None  # a field of bare 0 and 1


def as_field(distance, steepness):
    """Occupancy from a signed distance [m] (negative inside): a sigmoid, or 0 and 1."""

    def field(points):
        d = distance(points.astype(np.float64))
        return d < 0 if steepness is SHARP else 1 / (1 + np.exp(np.clip(steepness * d, -60, 60)))

    return field


def counted(field):
    def counting(points):
        counting.queries += len(points)
        counting.largest = max(counting.largest, len(points))
        return field(points)

    counting.queries = counting.largest = 0
    return counting


def looked_up(grid):
    """The field that has the values of `grid` [D, D, D] at its cell centres."""
    resolution = len(grid)

    def field(points):
        i, j, k = np.rint((points.astype(np.float64) + 1) / 2 * resolution - 0.5).astype(int).T
        return grid[i, j, k]

    return field


def centres(resolution):
    return (np.arange(resolution) + 0.5) / resolution * 2 - 1


def box(points, centre, half):
    q = np.abs(points - centre) - half
    return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(axis=1), 0)


def sphere(points):
    return np.linalg.norm(points, axis=1) - 0.6


def torus(points):
    return np.hypot(np.hypot(points[:, 0], points[:, 2]) - 0.6, points[:, 1]) - 0.15


def chair(points):
    parts = [
        box(points, (0, 0, 0), (0.35, 0.03, 0.35)),
        box(points, (0, 0.4, 0.33), (0.35, 0.4, 0.03)),
    ]
    for x in (-0.32, 0.32):
        for z in (-0.32, 0.32):
            parts.append(box(points, (x, -0.4, z), (0.02, 0.4, 0.02)))
    return np.min(parts, axis=0)


def open_box(points):
    """Walls of 2 voxels at 128³, no lid."""
    hollow = box(points, (0.01, 0.1, 0.01), (0.5 - 2 / 64, 0.6 - 2 / 64, 0.5 - 2 / 64))
    lid = points[:, 1] - 0.65
    return np.maximum.reduce([box(points, (0.01, 0.1, 0.01), (0.5, 0.6, 0.5)), -hollow, lid])


def blobs(seed, resolution):
    """Random Gaussians, many of them narrower than the first samples' spacing: values [D, D, D]."""
    rng = np.random.default_rng(seed)
    x = centres(resolution)
    grid = np.zeros((resolution,) * 3)
    for _ in range(rng.integers(3, 20)):
        width, height = rng.uniform(0.04, 0.25), rng.uniform(0.3, 1.5)
        a, b, c = (np.exp(-((x - m) ** 2) / (2 * width**2)) for m in rng.uniform(-0.85, 0.85, 3))
        grid += height * a[:, None, None] * b[:, None] * c
    return grid.astype(np.float32)


def assert_equals_dense(field, resolution, level=0.5):
    """Extract both ways, compare vertex for vertex; the queries of the coarse-to-fine one."""
    return assert_extracts(field, sample_field(field, resolution, level, dense=True), level)


def assert_extracts(field, grid, level=0.5):
    """The same against all the values [D, D, D]."""
    sparse = counted(field)
    vertices, triangles = extract_surface(sparse, len(grid), level)
    expected, expected_triangles = marching_cubes(grid, level)
    assert len(expected)
    np.testing.assert_array_equal(triangles, expected_triangles)
    np.testing.assert_allclose(vertices, expected, atol=1e-5)
    return sparse.queries


@pytest.mark.parametrize("steepness", [8, 60, 1000, SHARP])
@pytest.mark.parametrize("shape", [sphere, torus, chair, open_box])
def test_equals_dense_at_128(shape, steepness):
    share = 0.2 if steepness is SHARP else 0.1  # a bare field's first samples are an eighth
    assert assert_equals_dense(as_field(shape, steepness), 128) < share * 128**3


@pytest.mark.parametrize("resolution", [16, 17, 33, 64, 65, 100, 131])
def test_equals_dense_at_any_resolution(resolution):
    assert_equals_dense(as_field(torus, 30), resolution)


def test_equals_dense_on_random_blobs():
    for resolution, count in (64, 80), (128, 3):
        for seed in range(count):
            grid = blobs(seed, resolution)
            assert_extracts(looked_up(grid), grid)


@pytest.mark.parametrize(
    ("steepness", "most"), [(40, 200_000), (1000, 200_000), (SHARP, 128**3 + 100_000)]
)
def test_finds_a_detached_rod_of_radius_2_voxels_at_256(steepness, most):
    x = centres(256)
    # Midway between the first samples, and far from the ball.
    y0, z0 = x[8 * 21 + 4], x[8 * 9 + 4]
    across = np.hypot(x[:, None] - y0, x - z0)[None]  # [1, 256, 256]
    along = np.maximum(np.abs(x) - 0.5, 0)[:, None, None]
    rod = np.hypot(across, along) - 4 / 256
    a, b, c = x[:, None, None] + 0.5, x[:, None] + 0.5, x + 0.5
    ball = np.sqrt(a**2 + b**2 + c**2) - 0.3
    distance = np.minimum(rod, ball)
    if steepness is SHARP:
        grid = (distance < 0).astype(np.float32)
    else:
        grid = (1 / (1 + np.exp(np.minimum(steepness * distance, 80)))).astype(np.float32)
    assert assert_extracts(looked_up(grid), grid) < most


def test_a_higher_level_and_values_that_are_no_probabilities():
    assert_equals_dense(as_field(chair, 40), 64, level=0.6)
    assert_equals_dense(lambda points: 30 - 20 * sphere(points), 64, level=30)


def test_the_stride_decides_what_is_found_where_nothing_announces():
    voxels = np.zeros((128,) * 3, np.float32)
    voxels[30:60, 30:60, 30:60] = 1
    voxels[81:83, 81:83, 81:83] = 1  # between the samples at multiples of 4
    assert sample_field(looked_up(voxels), 128, stride=4)[82, 82, 82] == 0
    found = sample_field(looked_up(voxels), 128, stride=2)
    np.testing.assert_array_equal(found > 0.5, voxels > 0)
    # Two bare values are noticed. A third, anywhere, would say that values tell something.
    np.testing.assert_array_equal(sample_field(looked_up(voxels), 128), found)
    voxels[0, 0, 0] = 0.1
    assert sample_field(looked_up(voxels), 128)[82, 82, 82] == 0


def test_a_floating_point_in_a_shaft_whose_walls_cross_the_cells_around_it_is_announced():
    i, j, k = np.indices((64, 64, 64)) - np.array([32, 32, 33])[:, None, None, None]  # from it
    walls = 0.4 + 0.8 * np.maximum(abs(i), abs(j))  # inside from 2 on, at a level of 1.5
    peak = 1.6 - 0.4 * abs(k) - 3 * np.maximum(abs(i), abs(j))
    grid = np.maximum(walls * (np.maximum(abs(i), abs(j)) < 6), peak).astype(np.float32)
    assert grid[32, 32, 33] > 1.5 > max(grid[32, 32, 32], grid[32, 32, 34], grid[33, 32, 33])
    assert_extracts(looked_up(grid), grid, level=1.5)


def test_untouched_parts_are_on_the_right_side():
    field = as_field(sphere, 60)
    sparse, dense = sample_field(field, 128), sample_field(field, 128, dense=True)
    assert sparse.shape == (128, 128, 128) and sparse.dtype == np.float32
    np.testing.assert_array_equal(sparse > 0.5, dense > 0.5)
    assert sparse[64, 64, 64] == pytest.approx(1, abs=1e-3)


def test_a_field_gets_float32_points_at_the_cell_centres_in_batches():
    field = counted(lambda points: seen.append(points) or np.zeros(len(points)))
    seen = []
    sample_field(field, 16, batch_size=1000)
    points = np.concatenate(seen)
    assert points.dtype == np.float32
    assert field.largest == 1000 and field.queries == 16**3
    np.testing.assert_allclose(points[0], -15 / 16)
    np.testing.assert_allclose(points[1], (-15 / 16, -15 / 16, -13 / 16))
    np.testing.assert_allclose(points[-1], 15 / 16)


def test_array_units_and_outward_faces():
    grid = np.zeros((16, 16, 16), np.float32)
    grid[3, 5, 15] = 1  # at 4, 6, 16 in the bordered array, beside the border
    vertices, triangles = marching_cubes(grid)
    octahedron = [
        (4, 6, 15.5),
        (4, 6, 16.5),
        (4, 5.5, 16),
        (4, 6.5, 16),
        (3.5, 6, 16),
        (4.5, 6, 16),
    ]
    assert {tuple(v) for v in vertices} == set(octahedron)
    mesh = trimesh.Trimesh(vertices, triangles, process=False)
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(1 / 6)


def test_the_box_passed_on_changes_nothing():
    grid = blobs(3, 48)
    grid[:20] = 0
    whole = grid.copy()
    whole[0, 0, 0] = whole[-1, -1, -1] = 1  # stretches the box over all
    vertices, _ = marching_cubes(grid)
    stretched, _ = marching_cubes(whole)
    corner = (stretched < 2).all(axis=1) | (stretched > 47).all(axis=1)
    np.testing.assert_allclose(vertices, stretched[~corner], atol=1e-12)


@pytest.mark.parametrize("size", [3, 8, 21])
@pytest.mark.parametrize("steps", [1, 4, 10**6])
def test_blocks_have_the_mesh_of_their_grid(size, steps):
    grid = np.random.default_rng(size).random((size,) * 3)
    grid = (np.round(grid * steps) / steps).astype(np.float32)  # 4 steps: values at the level too
    expected = marching_cubes(grid, 0.5)
    found = cube_blocks(Blocks.of(grid, 1), 0.5)
    np.testing.assert_array_equal(found.triangles, expected.triangles)
    np.testing.assert_allclose(found.vertices, expected.vertices, atol=1e-12)


def test_blocks_are_few_and_tell_what_the_grid_would():
    field = as_field(chair, 40)
    blocks = sample_blocks(field, 128)
    assert blocks.values.size < 128**3 / 4
    grid = sample_field(field, 128, dense=True)
    for axis, maxima in enumerate(blocks.maxima()):
        np.testing.assert_array_equal(maxima > 0.5, grid.max(axis=axis) > 0.5)
    assert blocks.least() < 0.5
    assert sample_blocks(lambda points: np.ones(len(points)), 64).least() == 1


def test_an_empty_field_has_an_empty_mesh():
    mesh = extract_surface(lambda points: np.zeros(len(points)), 64)
    assert mesh.empty and mesh.in_unit_frame().empty
    assert mesh.vertices.shape == mesh.triangles.shape == (0, 3)


def test_a_full_field_is_a_cube():
    vertices, triangles = extract_surface(lambda points: np.ones(len(points)), 64)
    mesh = trimesh.Trimesh(vertices, triangles, process=False)
    assert mesh.is_watertight
    np.testing.assert_allclose(mesh.bounds, [[0.5] * 3, [64.5] * 3])


def test_nan_is_outside_and_warns():
    def field(points):
        return np.where(points[:, 0] > 0, np.nan, as_field(sphere, 60)(points))

    with pytest.warns(UserWarning, match="NaN"):
        vertices, _ = extract_surface(field, 64)
    assert np.isfinite(vertices).all()
    assert vertices[:, 0].max() < 33


def test_a_field_that_is_all_nan_is_empty():
    with pytest.warns(UserWarning) as caught:
        vertices, _ = extract_surface(lambda points: np.full(len(points), np.nan), 64)
    assert not len(vertices)
    assert ["NaN at" in str(w.message) for w in caught] == [True]


def test_a_stride_that_does_not_halve_is_refused():
    with pytest.raises(ValueError, match="power of two"):
        sample_field(as_field(sphere, 60), 64, stride=3)
    with pytest.raises(ValueError, match="level"):
        sample_field(as_field(sphere, 60), 64, level=0)


def test_the_largest_part_is_kept():
    grid = np.zeros((8, 8, 8), np.float32)
    grid[1:5, 1:5, 1:5], grid[5, 5, 5], grid[7, 7, 7], grid[0, 0, 7] = 0.9, 0.8, 0.7, 0.3
    kept = largest_part(grid)
    grid[7, 7, 7] = 0  # [5, 5, 5] touches the largest one; 0.3 is outside
    np.testing.assert_array_equal(kept, grid)
    np.testing.assert_array_equal(largest_part(kept), kept)


def test_areas_of_parts():
    grid = np.zeros((9, 9, 9), np.float32)
    grid[1:5, 1:5, 1:5], grid[7, 7, 7] = 1, 1
    mesh = marching_cubes(grid)
    found = part_areas(mesh)
    assert len(found) == 2 and found[0] > 20 * found[1]
    apart = Mesh(mesh.corners.reshape(-1, 3), np.arange(3 * len(mesh.triangles)).reshape(-1, 3))
    np.testing.assert_allclose(part_areas(apart), found)


class Clipped:
    """A field that is flat at 0 and 1, as the later versions' are."""

    def __call__(self, points):
        return self.squash(self.unsquashed(points))

    def unsquashed(self, points):
        plate = box(points.astype(np.float64), (0.1, 2.5 / 64, 0), (0.3, 0.008, 0.3))
        parts = [box(points.astype(np.float64), (0, -0.6, 0), (0.3, 0.2, 0.3)), plate]
        return 0.5 - 30 * np.min(parts, axis=0)

    def squash(self, values):
        return np.clip(values, 0, 1)


def test_a_thin_part_of_a_clipped_field_is_found_by_its_unsquashed_values():
    field = Clipped()
    dense = extract_surface(field, 128, dense=True)
    assert dense.vertices[:, 1].max() > 64  # the plate, above the block
    bare = extract_surface(lambda points: field(points), 128)
    assert bare.vertices[:, 1].max() < 64  # nothing announces it
    found = extract_surface(field, 128)
    np.testing.assert_array_equal(found.vertices, dense.vertices)
    np.testing.assert_array_equal(found.triangles, dense.triangles)


def test_a_clipped_field_that_levels_off_takes_no_more_points_than_one_that_does_not():
    class Level(Clipped):
        def unsquashed(self, points):
            return 0.5 - 0.6 * np.tanh(20 * chair(points.astype(np.float64)))

    field = Level()
    dense = extract_surface(field, 64, dense=True)
    sparse = counted(field.unsquashed)
    field.unsquashed = sparse
    found = extract_surface(field, 64)
    np.testing.assert_allclose(found.vertices, dense.vertices, atol=1e-5)
    np.testing.assert_array_equal(found.triangles, dense.triangles)
    assert sparse.queries < 5 * len(dense.vertices)  # 3.5; with the steepest slope of all 9.2
