"""Polygons with holes become triangles that use every corner and leave no gap."""

from collections import Counter

import mesh_cases as m
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnet.surfaces.occupancy import surface_condition
from imnet.surfaces.reading.dae import read_dae
from imnet.surfaces.reading.polygons import cut_ears
from imnet.surfaces.triangles import area_vectors

PLANES = {  # two axes of each
    "xy": [(1, 0, 0), (0, 1, 0)],
    "zx": [(0, 0, 1), (1, 0, 0)],
    "oblique": [(0.36, 0.48, 0.8), (0.8, -0.6, 0)],
}


def rectangle(left, low, right, high, along=1, up=1):
    """The corners of a rectangle, its sides cut into `along` and `up` equal pieces."""
    x, y = np.linspace(left, right, along + 1), np.linspace(low, high, up + 1)
    bottom, top = ([(a, b) for a in x] for b in (low, high))
    sides = [[(b, a) for a in y[1:-1]] for b in (right, left)]
    return [*bottom, *sides[0], *top[::-1], *sides[1][::-1]]


CASES = {
    "plain": [rectangle(0, 0, 3, 3), rectangle(1, 1, 2, 2)],
    "halved sides": [rectangle(0, 0, 3, 3, 2, 2), rectangle(1, 1, 2, 2)],
    "halved hole": [rectangle(0, 0, 3, 3), rectangle(1, 1, 2, 2, 2, 2)],
    "runs": [rectangle(0, 0, 3, 3, 7, 5), rectangle(1, 1, 2, 2, 4, 6)],
    "holes in a row": [
        rectangle(0, 0, 9, 3, 9, 3),
        *(rectangle(k, 1, k + 1, 2, 2, 2) for k in (1, 3, 5, 7)),
    ],
    "holes in rows": [
        rectangle(0, 0, 7, 7, 7, 7),
        *(rectangle(x, y, x + 1, y + 1, 2) for x in (1, 3, 5) for y in (1, 3, 5)),
    ],
    "a notch": [
        [(0, 0), (2, 0), (4, 0), (4, 4), (3, 4), (3, 3), (2, 3), (2, 4), (0, 4), (0, 2)],
        rectangle(1, 1, 2, 2, 3, 2),
    ],
    "no hole": [rectangle(0, 0, 3, 3, 3, 3)],
}


def lifted(rings, plane):
    """Vertices [v, 3] of rings in a plane, and the numbers of each ring's corners."""
    ends = np.cumsum([len(ring) for ring in rings])
    vertices = np.concatenate(rings) @ np.array(plane, float) + (7, -5, 3)
    return vertices, np.split(np.arange(ends[-1]), ends[:-1])


def assert_tiles(vertices, rings):
    """The triangles use all corners, face as the outline does, and have its area and its sides."""
    triangles = cut_ears(vertices, rings)
    assert set(triangles.ravel()) == set(np.concatenate(rings))
    of_rings = [np.cross(vertices[r], vertices[np.roll(r, -1)]).sum(axis=0) / 2 for r in rings]
    normal = of_rings[0] / np.linalg.norm(of_rings[0])
    areas = area_vectors(vertices[triangles]) @ normal / 2
    wanted = abs(of_rings[0] @ normal) - sum(abs(hole @ normal) for hole in of_rings[1:])
    # in an oblique plane, rounding makes triangles without area of corners on a line
    assert areas.min() > -1e-12 and areas.sum() == pytest.approx(wanted)
    edges = Counter(frozenset((t[k - 1], t[k])) for t in triangles.tolist() for k in range(3))
    sides = {frozenset((ring[k - 1], ring[k])) for ring in rings for k in range(len(ring))}
    assert {edge for edge, count in edges.items() if count == 1} == sides
    assert max(edges.values()) == 2


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("orders", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
@pytest.mark.parametrize("case", CASES)
def test_every_corner_is_used(case, orders, plane):
    outline, *holes = CASES[case]
    rings = [outline[:: orders[0]], *(hole[:: orders[1]] for hole in holes)]
    assert_tiles(*lifted(rings, PLANES[plane]))


@given(st.data())
def test_every_corner_of_any_holes_is_used(data):
    size = data.draw(st.integers(1, 3))
    pieces = st.integers(1, 4)
    cells = [(x, y) for x in range(size) for y in range(size) if data.draw(st.booleans())]
    side = 2 * size + 1
    rings = [rectangle(0, 0, side, side, data.draw(pieces), data.draw(pieces))]
    for x, y in cells:
        hole = (2 * x + 1, 2 * y + 1, 2 * x + 2, 2 * y + 2)
        rings.append(rectangle(*hole, data.draw(pieces), data.draw(pieces)))
    rings = [ring[:: data.draw(st.sampled_from([1, -1]))] for ring in rings]
    assert_tiles(*lifted(rings, PLANES[data.draw(st.sampled_from(sorted(PLANES)))]))


@pytest.mark.parametrize("holes", [[], [[]], [[4]], [[4, 5]], [[4, 5, 6]]])
@pytest.mark.parametrize("outline", [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]])
def test_rings_without_area(outline, holes):
    """Corners 0 to 2 lie on a line, 4 to 6 too."""
    vertices = np.array(
        [(0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 2, 0), *[(x, 0.5, 0) for x in (0.2, 0.3, 0.4)]]
    )
    triangles = cut_ears(vertices, [np.array(ring, int) for ring in (outline, *holes)])
    area = area_vectors(vertices[triangles])[:, 2].sum() / 2
    assert area == pytest.approx(2 if len(outline) == 4 else 0) and triangles.shape[1:] == (3,)


def walls(rings, low, high):
    """The quadrilaterals from each side of rings [n, 2] down to `low` and up to `high`."""
    for ring in rings:
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
            yield [(*a, low), (*b, low), (*b, high), (*a, high)]


def holed_dae(plates, polygons):
    """COLLADA with polygons: `plates` with holes, rings of points [n, 3]; others without."""
    points = []

    def corners(ring):
        for point in ring:
            if tuple(point) not in points:
                points.append(tuple(point))
        return " ".join(str(points.index(tuple(point))) for point in ring)

    faces = [f"<p>{corners(ring)}</p>" for ring in polygons]
    for outline, *holes in plates:
        inside = "".join(f"<h>{corners(hole)}</h>" for hole in holes)
        faces.append(f"<ph><p>{corners(outline)}</p>{inside}</ph>")
    source = m.CUBE_SOURCE.replace(m.lines(m.CUBE), m.lines(points))
    source = source.replace('"24"', f'"{3 * len(points)}"')
    source = source.replace('count="8"', f'count="{len(points)}"')
    inputs = '<input semantic="VERTEX" source="#corners" offset="0"/>'
    polygons = f'<polygons count="{len(faces)}">{inputs}{"".join(faces)}</polygons>'
    return m.dae(polygons, '<node><instance_geometry url="#cube"/></node>', source)


@pytest.mark.parametrize("hole_order", [1, -1])
@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_a_solid_with_a_tunnel_is_closed(pieces, hole_order):
    """A box of 2 x 2 x 1 with a tunnel of 1 x 1: volume 3. An island stands in the tunnel: 0.25."""
    outline = rectangle(0, 0, 2, 2, pieces, pieces)
    hole = rectangle(0.5, 0.5, 1.5, 1.5, pieces + 1, pieces)
    island = rectangle(0.75, 0.75, 1.25, 1.25)

    def at(ring, z):
        return [(*point, z) for point in ring]

    plates = [
        [at(outline, 1), at(hole[::hole_order], 1)],
        [at(outline, 0)[::-1], at(hole[::hole_order], 0)],
    ]
    sides = [*walls([outline, hole[::-1], island], 0, 1), at(island, 1), at(island, 0)[::-1]]
    vertices, triangles = read_dae(holed_dae(plates, sides).encode())
    assert surface_condition(vertices, triangles) == "closed"
    a, b, c = vertices[triangles].swapaxes(0, 1)
    assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6 == pytest.approx(3.25)
