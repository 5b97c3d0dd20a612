"""Seats, legs, backs and arms of random sizes, which chairs of many kinds are made of."""

from typing import NamedTuple

import numpy as np

from point_sampling.fetch.chair_parts import Part, mirrored, plate, rod

Random = np.random.Generator


class Seat(NamedTuple):
    """A seat, its centre above x = z = 0: width, depth, height of its top, and thickness.

    `power` is of its outline: 2 is round, 10 nearly a rectangle.
    """

    width: float
    depth: float
    height: float
    thick: float
    power: float

    @property
    def under(self) -> float:
        """The height of its lower side."""
        return self.height - self.thick

    @property
    def corner(self) -> float:
        """How far out its outline is on the diagonal, as a share of half its width and depth."""
        return 0.5 ** (1 / self.power)


def draw_seat(
    r: Random, height: tuple[float, float] = (0.4, 0.5), width: tuple[float, float] = (0.38, 0.52)
) -> tuple[Seat, list[Part]]:
    """Draw a seat: thin or a cushion, round to square, flat or dished."""
    wide = r.uniform(*width)
    deep = wide * r.uniform(0.85, 1.1)
    thick = r.choice([r.uniform(0.02, 0.05), 0.09])
    seat = Seat(wide, deep, r.uniform(*height), thick, r.choice([2, 3, 5, 10]))
    centre = (0, seat.height - thick / 2, 0)
    shape = {"power": seat.power, "bend": r.choice([0, 0, 0.02]), "crown": r.choice([0, 0.5])}
    return seat, [plate(centre, (wide, deep, thick), **shape)]


def four_legs(r: Random, seat: Seat) -> list[Part]:
    """Make four legs, straight, tapered or splayed, some with stretchers."""
    radius = r.uniform(0.013, 0.03)
    end = radius * r.choice([1, 1, 0.55, 1.5])
    x, z = (size / 2 * seat.corner * r.uniform(0.8, 1) for size in (seat.width, seat.depth))
    out = r.choice([0, 0, r.uniform(0.02, 0.12)])
    legs, rung = [], r.uniform(0.25, 0.6)
    at = [z + out * (1 - rung), x + out * (1 - rung)]  # of the stretchers
    for side in (-1, 1):
        foot = (x + out, radius, side * (z + out))
        legs += mirrored(rod((x, seat.under + 0.01, side * z), foot, radius=radius, end=end))
    y, thin, kind = seat.under * rung, radius * 0.6, r.choice(["none", "none", "h", "box"])
    if kind != "none":
        legs += mirrored(rod((at[1], y, -at[0]), (at[1], y, at[0]), radius=thin))
    for z in {"none": [], "h": [0], "box": [-at[0], at[0]]}[kind]:
        legs.append(rod((-at[1], y, z), (at[1], y, z), radius=thin))
    return legs


def tube_legs(r: Random, seat: Seat) -> list[Part]:
    """Make a sled or a cantilever of bent tube or of flat bars."""
    x, z, radius = seat.width / 2 * seat.corner, seat.depth / 2, r.uniform(0.01, 0.02)
    y, front, back = seat.under, -z * r.uniform(0.9, 1.1), z * r.uniform(0.8, 1.2)
    if r.random() < 0.5:  # a cantilever: the back of its floor bars is free
        path = [(x, y, z * 0.8), (x, y, front), (x, radius, front), (x, radius, back)]
        cross = rod((-x, radius, back), (x, radius, back), radius=radius)
    else:
        path = [(x, y, front * 0.8), (x, radius, front), (x, radius, back), (x, y, z * 0.8)]
        cross = rod((-x, y, front * 0.8), (x, y, front * 0.8), radius=radius)
    under = rod((-x, y, z * 0.8), (x, y, z * 0.8), radius=radius)
    return [*mirrored(rod(*path, radius=radius)), cross, under]


def pedestal(r: Random, seat: Seat, kinds: tuple[str, ...] = ("disc", "cross", "star")):
    """Make a column on a disc, a cross, or a star with castors."""
    reach, low, kind = seat.width * r.uniform(0.4, 0.6), 0.02, r.choice(kinds)
    thick = r.uniform(0.018, 0.04)
    parts = [rod((0, low, 0), (0, seat.under + 0.01, 0), radius=thick)]
    if kind == "disc":
        return [*parts, plate((0, low, 0), (2 * reach, 2 * reach, 0.04), power=2, crown=0.6)]
    count, castor = (4, 0) if kind == "cross" else (5, r.choice([0.02, 0.03]))
    hub = low + 2 * castor + r.uniform(0.02, 0.1)
    for angle in np.arange(count) * 2 * np.pi / count + r.choice([0, np.pi / count]):
        x, z = reach * np.sin(angle), reach * np.cos(angle)
        parts.append(rod((0, hub, 0), (x, low + 2 * castor, z), radius=0.022, end=0.014))
        if castor:
            parts.append(rod((x, castor, z), (x, 2.5 * castor, z), radius=castor))
    return parts


def any_legs(r: Random, seat: Seat) -> list[Part]:
    """Make legs of any kind."""
    make = [four_legs, four_legs, tube_legs, pedestal][r.integers(4)]
    return make(r, seat)


def back(r: Random, seat: Seat, kind: str, tall: float | None = None) -> list[Part]:
    """Make a back: a plate, or posts with slats, spindles, a cross, a cushion, or rails."""
    tall, tilt = tall or r.uniform(0.32, 0.6), r.uniform(0.02, 0.3)
    wide = seat.width * seat.corner * r.uniform(0.85, 1)
    foot = seat.depth / 2 * seat.corner

    def at(share: float) -> tuple[float, float]:  # y and z, up the back
        rise = tall * share
        return seat.height + rise * np.cos(tilt), foot + rise * np.sin(tilt)

    if kind == "plate":
        start = r.choice([0, 0, 0.35])
        y, z = at((1 + start) / 2 - 0.02)
        size = (wide, tall * (1.04 - start), r.uniform(0.015, 0.06))
        shape = {"power": r.choice([2.5, 4, 8]), "bend": -r.choice([0, 0.03, 0.07])}
        parts = [plate((0, y, z), size, tilt=tilt, crown=0.4, **shape)]
        for x in (-wide / 4, wide / 4) if start else ():
            parts.append(rod((x, *at(-0.05)), (x, *at(start + 0.1)), radius=0.012))
        return parts
    x, thick = wide / 2, r.uniform(0.011, 0.022)
    parts = mirrored(rod((x, *at(-0.08)), (x, *at(1)), radius=thick))
    rails = {"slats": r.integers(2, 6), "rails": r.integers(4, 8)}.get(kind, 1)
    for share in np.linspace(1, r.uniform(0.25, 0.5), rails) - 0.02:
        height = thick * 2 if kind == "rails" else r.uniform(0.03, 0.08)
        y, z = at(share - height / tall / 2)
        bend = -r.choice([0, 0.02])
        parts.append(plate((0, y, z), (wide, height, 0.02), tilt=tilt, power=10, bend=bend))
    if kind == "spindles":
        for x in np.linspace(-0.4, 0.4, r.integers(2, 6)) * wide:
            parts.append(rod((x, *at(-0.05)), (x, *at(0.95)), radius=thick * 0.6))
    elif kind == "cross":
        y, z = at(0.1)
        parts += mirrored(rod((-x, y, z), (x, *at(0.9)), radius=thick * 0.7))
        parts.append(rod((-x, y, z), (x, y, z), radius=thick * 0.7))
    elif kind == "cushion":
        y, z = at(0.55)
        parts.append(plate((0, y, z), (wide, tall * 0.75, 0.06), tilt=tilt, crown=0.4))
    return parts


BACKS = ("plate", "plate", "slats", "spindles", "cross", "cushion", "rails")


def arms(r: Random, seat: Seat, kind: str | None = None) -> list[Part]:
    """Make two arms: loops of tube, or plates on posts, that reach to the back."""
    x, z = seat.width / 2 * r.uniform(0.9, 1.05), seat.depth / 2 * seat.corner
    y, front = seat.height + r.uniform(0.16, 0.26), -z * r.uniform(0.3, 1)
    kind, radius = kind or r.choice(["loop", "post"]), r.uniform(0.012, 0.02)
    base = (seat.width / 2 * seat.corner, seat.height - 0.02)
    if kind == "loop":
        path = [(x, y, z), (x, y, front), (*base, front * r.uniform(0.6, 1))]
        return mirrored(rod(*path, radius=radius))
    length, middle = z - front, (z + front) / 2
    parts = mirrored(plate((x, y, middle), (r.uniform(0.04, 0.09), length, 0.03), power=8))
    post = front + length * r.uniform(0.05, 0.3)
    parts += mirrored(rod((*base, post), (x, y, post), radius=radius))
    return parts + mirrored(rod((*base, z - 0.03), (x, y, z - 0.03), radius=radius))


def foot_ring(r: Random, seat: Seat) -> list[Part]:
    """Make a ring to rest the feet on, with a bar across."""
    y, reach = seat.height * r.uniform(0.25, 0.45), seat.width / 2 * r.uniform(0.85, 1)
    angles = np.linspace(0, 2 * np.pi, 17)
    ring = [(reach * np.sin(a), y, reach * np.cos(a)) for a in angles]
    bars = [rod((-reach, y, 0), (reach, y, 0), radius=0.012)]
    return [*bars, rod((0, y, -reach), (0, y, reach), radius=0.012), rod(*ring, radius=0.012)]
