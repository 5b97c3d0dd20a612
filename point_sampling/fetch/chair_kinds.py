"""Chairs of many kinds with random sizes: each kind is a function from a seat to a chair's parts.

They are an addition of ours, made of plates, rods and shells.
"""

import numpy as np

from point_sampling.fetch.chair_parts import Part, mirrored, plate, rod, shell
from point_sampling.fetch.seats_legs_backs import (
    BACKS,
    Random,
    Seat,
    any_legs,
    arms,
    back,
    draw_seat,
    foot_ring,
    four_legs,
    pedestal,
    tube_legs,
)


def stool(r: Random) -> list[Part]:
    """Make a stool, low or as high as a bar's, some with a low back."""
    seat, parts = draw_seat(r, (0.4, 0.85), (0.28, 0.42))
    if seat.height > 0.6 and r.random() < 0.6:
        parts += [four_legs, pedestal][r.integers(2)](r, seat) + foot_ring(r, seat)
    else:
        parts += any_legs(r, seat)
    low_back = r.random() < 0.3
    return parts + (back(r, seat, r.choice(BACKS), r.uniform(0.15, 0.3)) if low_back else [])


def side_chair(r: Random) -> list[Part]:
    """Make a chair without arms."""
    seat, parts = draw_seat(r)
    return parts + any_legs(r, seat) + back(r, seat, r.choice(BACKS))


def open_armchair(r: Random) -> list[Part]:
    """Make a chair with arms that can be seen through."""
    seat, parts = draw_seat(r, width=(0.44, 0.58))
    return parts + any_legs(r, seat) + back(r, seat, r.choice(BACKS)) + arms(r, seat)


def cantilever_chair(r: Random) -> list[Part]:
    """Make a chair of bent tube, a cantilever or a sled, half of them with arms."""
    seat, parts = draw_seat(r)
    parts += tube_legs(r, seat) + back(r, seat, r.choice(["plate", "cushion"]))
    return parts + (arms(r, seat, "loop") if r.random() < 0.5 else [])


def folding_chair(r: Random) -> list[Part]:
    """Make two crossing frames, of which one goes up to the back."""
    seat, parts = draw_seat(r, width=(0.38, 0.46))
    x, z, radius = seat.width / 2, seat.depth / 2, r.uniform(0.01, 0.018)
    inner, front, rear = x - 2 * radius, -z * r.uniform(0.8, 1.2), z * r.uniform(1, 1.5)
    joint, tall, lean = seat.under + 0.01, r.uniform(0.3, 0.5), r.uniform(0.03, 0.2)
    top = seat.height + tall, z * 0.9 + lean
    parts += mirrored(rod((x, radius, front), (x, joint, z * 0.9), (x, *top), radius=radius))
    parts += mirrored(rod((inner, radius, rear), (inner, joint, -z * 0.8), radius=radius))
    parts += [rod((-x, radius * 2, at), (x, radius * 2, at), radius=radius) for at in (front, rear)]
    for share in np.linspace(0.9, r.uniform(0.4, 0.8), r.integers(1, 4)):
        centre = (0, seat.height + tall * share, z * 0.9 + lean * share)
        size = (2 * x, r.uniform(0.05, 0.16), 0.018)
        parts.append(plate(centre, size, tilt=lean / tall, power=8, bend=-r.choice([0, 0.03])))
    return parts


def high_chair(r: Random) -> list[Part]:
    """Make a child's chair on long legs, most of them with a tray."""
    seat, parts = draw_seat(r, (0.5, 0.75), (0.28, 0.38))
    parts += four_legs(r, seat) + back(r, seat, r.choice(BACKS), r.uniform(0.25, 0.4))
    parts += arms(r, seat)
    tray = (0, seat.height + r.uniform(0.16, 0.24), -seat.depth * r.uniform(0.4, 0.6))
    if r.random() < 0.7:
        parts.append(plate(tray, (seat.width * 1.2, 0.22, 0.025), power=4))
    return parts


def rocking_chair(r: Random) -> list[Part]:
    """Make a chair with arms on two bent runners."""
    seat, parts = draw_seat(r, (0.36, 0.44), (0.44, 0.56))
    parts += back(r, seat, r.choice(BACKS), r.uniform(0.5, 0.75)) + arms(r, seat)
    x, z = seat.width / 2 * seat.corner, seat.depth / 2 * seat.corner
    radius = r.uniform(0.015, 0.025)
    reach, lift = seat.depth * r.uniform(0.7, 0.95), r.uniform(0.06, 0.14)
    along = np.linspace(-1, 1.15, 12)
    parts += mirrored(rod(*((x, lift * a**2, reach * a) for a in along), radius=radius))
    for side in (-z, z):
        foot = (x, lift * (side / reach) ** 2, side)
        parts += mirrored(rod((x, seat.under + 0.01, side), foot, radius=radius))
    return parts


def upholstered(r: Random, seat: Seat, parts: list[Part], tall: float) -> list[Part]:
    """Make a thick seat, a thick back, closed sides with flat or rolled arms, and a base."""
    thick, tilt = r.uniform(0.08, 0.16), r.uniform(0.05, 0.3)
    feet = r.choice([0.02, r.uniform(0.06, 0.18)])
    x, z = seat.width / 2 + thick / 2, seat.depth / 2
    rise = (seat.height + tall - feet) / np.cos(tilt)
    middle = (0, feet + rise / 2 * np.cos(tilt), z + (rise - 0.4) / 2 * np.sin(tilt))
    crown = r.choice([0.1, 0.4])
    power = r.choice([4, 8])
    parts.append(plate(middle, (2 * x, rise, thick), tilt=tilt, power=power, crown=crown))
    body = seat.height - feet
    parts.append(plate((0, feet + body / 2, 0), (2 * x - thick, 2 * z, body), power=10))
    arm = seat.height + r.uniform(0.06, 0.22)
    size, start = (2 * z * r.uniform(0.9, 1.05), arm - feet, thick), feet + (arm - feet) / 2
    parts += mirrored(plate((x, start, 0), size, tilt=0, turn=np.pi / 2, power=8, crown=0.2))
    if r.random() < 0.4:
        parts += mirrored(rod((x, arm, -z * 0.95), (x, arm, z), radius=thick * 0.65))
    if feet > 0.03:
        foot, end = r.uniform(0.02, 0.035), r.uniform(0.012, 0.02)
        for at in (-z * 0.85, z * 0.85):
            path = (x * 0.9, feet + 0.02, at), (x * 0.95, end, at)
            parts += mirrored(rod(*path, radius=foot, end=end))
    return parts


def club_chair(r: Random) -> list[Part]:
    """Make an upholstered armchair with a low back, some of them for two."""
    width = (0.9, 1.3) if r.random() < 0.15 else (0.46, 0.66)
    seat, parts = draw_seat(r, (0.36, 0.46), width)
    return upholstered(r, seat, parts, r.uniform(0.28, 0.45))


def wing_chair(r: Random) -> list[Part]:
    """Make an upholstered armchair with a high back that has wings."""
    seat, parts = draw_seat(r, (0.38, 0.46), (0.46, 0.6))
    tall = r.uniform(0.55, 0.75)
    x, z, high = seat.width / 2 + 0.04, seat.depth / 2, tall * r.uniform(0.5, 0.65)
    centre = (x, seat.height + tall - high / 2 - 0.02, z + 0.03)
    size, turn = (r.uniform(0.22, 0.34), high, 0.06), np.pi / 2 + r.uniform(-0.3, 0.3)
    parts += mirrored(plate(centre, size, tilt=0, turn=turn, power=r.choice([2.5, 4])))
    return upholstered(r, seat, parts, tall)


def tub_chair(r: Random) -> list[Part]:
    """Make a chair whose back goes around the seat."""
    seat, parts = draw_seat(r, (0.38, 0.48), (0.44, 0.64))
    seat = seat._replace(depth=seat.width)
    power, arm = r.choice([2, 3, 4]), seat.height + r.uniform(0.02, 0.24)
    low = r.choice([seat.under - 0.02, seat.under - 0.02, 0.1])
    heights = (low, arm, max(arm, seat.height + r.uniform(0.22, 0.5)))
    walls = {"front": -seat.width * r.uniform(0, 0.45), "rise": r.choice([0.7, 1, 2])}
    wide, thick = seat.width * 1.08, r.choice([r.uniform(0.02, 0.04), r.uniform(0.06, 0.1)])
    flare = r.choice([0, 0, r.uniform(0.05, 0.25)])
    parts = [plate((0, seat.height - 0.04, 0), (seat.width, seat.width, 0.08), power=power)]
    parts.append(shell((wide, wide), thick, heights, power=power, flare=flare, **walls))
    return parts + any_legs(r, seat)


def lounge_chair(r: Random) -> list[Part]:
    """Make a low chair whose seat and long back lean backwards on an open frame."""
    seat, parts = draw_seat(r, (0.3, 0.38), (0.5, 0.64))
    slope, lean, tall = r.uniform(0.08, 0.25), r.uniform(0.35, 0.7), r.uniform(0.5, 0.8)
    thick, z = r.choice([0.03, r.uniform(0.07, 0.12)]), seat.depth / 2
    deep = (seat.width, seat.depth * 1.1, thick)
    parts = [plate((0, seat.height, 0), deep, tilt=np.pi / 2 + slope, power=6, crown=0.3)]
    base = seat.height - z * np.sin(slope)
    middle = (0, base + tall / 2 * np.cos(lean), z + tall / 2 * np.sin(lean))
    size = (seat.width, tall + thick, thick)
    parts.append(plate(middle, size, tilt=lean, power=6, crown=0.3))
    x, radius, arm = seat.width / 2 + 0.01, r.uniform(0.014, 0.025), seat.height + 0.2
    reach = z + (arm - base) * np.tan(lean) + 0.02
    front, rear = (x, radius, -z * r.uniform(0.8, 1.1)), (x, radius, z * r.uniform(0.9, 1.4))
    floor = [rear] if r.random() < 0.4 else []
    loop = rod((x, arm, reach), (x, arm, -z * 0.9), front, *floor, radius=radius)
    parts += mirrored(loop)
    parts += mirrored(rod((x, arm, z * 0.6), rear, radius=radius))
    for y, at in ((seat.height + z * 0.7 * np.sin(slope), -z * 0.7), (base, z * 0.85)):
        parts.append(rod((-x, y, at), (x, y, at), radius=radius))
    return parts + mirrored(rod((x, seat.height, -z * 0.9), (x, base, z), radius=radius))


def desk_chair(r: Random) -> list[Part]:
    """Make a chair on a star with castors, most of them with arms on posts."""
    seat, parts = draw_seat(r, (0.42, 0.54), (0.42, 0.52))
    parts += pedestal(r, seat, ("star",)) + back(r, seat, "plate")
    if r.random() < 0.7:
        x, y, radius = seat.width / 2 * 1.1, seat.height + r.uniform(0.18, 0.25), 0.015
        parts += mirrored(plate((x, y, 0), (0.07, seat.depth * 0.6, 0.03), power=3))
        parts += mirrored(rod((0, seat.under, 0), (x, seat.under, 0), (x, y, 0), radius=radius))
    return parts
