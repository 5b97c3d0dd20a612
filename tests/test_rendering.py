"""Pictures of meshes: what is where in them."""

import numpy as np
import pytest

from imnet.pictures.rendering import contact_sheet, render_mesh
from imnet.surfaces import marching_cubes

NOTHING = np.zeros((0, 3)), np.zeros((0, 3), int)


def block(*size):
    return marching_cubes(np.ones(size, np.float32))


def covered(image):
    """Where the mesh is: it is bluish, the ground's shadow and the background are grey."""
    return image[..., 2].astype(int) - image[..., 0] > 8


def test_a_mesh_is_in_the_middle_on_white():
    image = render_mesh(*block(8, 8, 8), size=64)
    assert image.shape == (64, 64, 3) and image.dtype == np.uint8
    assert (image[0] == 255).all()
    rows, columns = np.nonzero(covered(image))
    assert abs(rows.mean() - 31.5) < 1.5 and abs(columns.mean() - 31.5) < 1.5
    assert 50 < np.ptp(rows) < 63


def test_face_orientation_does_not_matter():
    vertices, triangles = block(8, 8, 8)
    there, back = (
        render_mesh(vertices, t, 64).astype(int) for t in (triangles, triangles[:, ::-1])
    )
    assert np.abs(there - back).mean() < 2


def test_the_camera_sees_front_and_top():
    # A large block with a small one before it (-z): the small one hides part of the large one's
    # lower half, so it stands lower in the picture.
    grid = np.zeros((16, 16, 16), np.float32)
    grid[:, :, 8:] = 1
    plain = render_mesh(*marching_cubes(grid), size=96).astype(int)
    grid[6:10, :4, 8] = 0  # a niche at the foot of the front
    niche = render_mesh(*marching_cubes(grid), size=96).astype(int)
    rows, _ = np.nonzero(np.abs(plain - niche).sum(axis=-1) > 120)
    assert len(rows) > 20 and rows.mean() > 48
    grid[6:10, :4, 8] = 1
    grid[6:10, :4, 15] = 0  # the same niche at the back is not seen
    hidden = render_mesh(*marching_cubes(grid), size=96).astype(int)
    assert (np.abs(plain - hidden).sum(axis=-1) > 120).sum() == 0


def test_an_empty_mesh_says_so():
    image = render_mesh(*NOTHING, size=64)
    assert image.min() < 200
    assert not covered(image).any()


def test_a_sheet_has_one_scale_and_labels():
    sheet = contact_sheet([block(4, 16, 4), block(4, 8, 4), NOTHING], ["a", "b", "c"], 2, tile=64)
    assert sheet.shape == (2 * 82, 128, 3)
    tall, short = covered(sheet[:64, :64]), covered(sheet[:64, 64:])
    ratio = np.ptp(np.nonzero(tall)[0]) / np.ptp(np.nonzero(short)[0])
    assert 1.5 < ratio < 2  # 16 to 8 in height, plus what is seen of the top
    assert sheet[64:82, :64].min() < 200  # the label
    assert (sheet[82:, 64:] == 255).all()  # no fourth tile


def test_labels_of_any_bytes():
    labels = ["caf\udce9", "椅子", "two\nlines"]
    sheet = contact_sheet([NOTHING] * 3, labels, 3, tile=64)
    assert all(sheet[64:82, 64 * i : 64 * i + 64].min() < 200 for i in range(3))


@pytest.mark.parametrize("count, shape", [(0, (32, 32, 3)), (1, (32, 32, 3)), (3, (64, 64, 3))])
def test_sheet_size(count, shape):
    assert contact_sheet([NOTHING] * count, columns=2, tile=32).shape == shape
