"""Pictures of all kinds made into views."""

import cv2
import numpy as np
import pytest

from imnet.base.errors import UserError
from IMSVR.photos import find_pictures, picture_to_view, read_picture


def picture(height=300, width=500, background=255, alpha=None):
    """A dark rectangle of 100 x 60 pixels off the middle, blue, green, red and alpha."""
    image = np.full((height, width, 4), background, np.uint8)
    image[50:150, 300:360, :3] = 40
    image[..., 3] = 255 if alpha is None else alpha
    return image


def box(view):
    rows, columns = (np.flatnonzero((view < 200).any(axis=axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def assert_framed(view):
    """The rectangle in the middle, its longer side 0.82 of the frame."""
    assert view.shape == (137, 137) and view.dtype == np.uint8
    top, bottom, left, right = box(view)
    assert bottom - top == pytest.approx(0.82 * 137, abs=4)
    assert (right - left) / (bottom - top) == pytest.approx(0.6, abs=0.06)
    assert top + bottom == pytest.approx(137, abs=4)
    assert left + right == pytest.approx(137, abs=4)
    assert view[68, 68] < 60
    assert view[2, 2] == 255


def test_a_white_background_is_framed():
    assert_framed(picture_to_view(picture(), "auto"))
    assert_framed(picture_to_view(picture(40 * 5, 80 * 5), "white"))


def test_a_large_picture_is_reduced():
    assert_framed(picture_to_view(np.kron(picture(), np.ones((8, 8, 1), np.uint8)), "auto"))


@pytest.mark.parametrize("background", ["threshold", "grabcut", "auto"])
def test_a_coloured_background_is_cut_out(background):
    rng = np.random.default_rng(0)
    image = picture()
    noise = rng.integers(-6, 7, image.shape)
    image[..., 0] = np.where(image[..., 0] == 255, 180, image[..., 0])
    image[..., 1] = np.where(image[..., 1] == 255, 120, image[..., 1])
    image[..., :3] = np.clip(image[..., :3] + noise[..., :3], 0, 255)
    assert_framed(picture_to_view(image, background))


def test_alpha_is_blended_on_white():
    image = picture(background=90)
    image[..., 3] = 0
    image[50:150, 300:360, 3] = 255
    assert_framed(picture_to_view(image, "auto"))
    image[50:150, 300:360, 3] = 128
    middle = picture_to_view(image, "white")[68, 68]
    assert middle == pytest.approx(40 * 128 / 255 + 255 * 127 / 255, abs=1)


def test_an_all_white_picture_is_an_error():
    with pytest.raises(UserError, match="nothing but background"):
        picture_to_view(np.full((50, 50, 4), 255, np.uint8), "auto")


def test_pictures_of_every_kind_are_read(tmp_path):
    rgb = np.zeros((20, 30, 3), np.uint8)
    rgb[:, :, 2] = 200
    for name, data in {
        "grey.png": rgb[..., 2],
        "colour.jpg": rgb,
        "deep.png": rgb.astype(np.uint16) * 256,
        "alpha.png": np.dstack([rgb, rgb[..., 2]]),
        "x.webp": rgb,
    }.items():
        cv2.imwrite(str(tmp_path / name), data)
        read = read_picture(tmp_path / name)
        assert read.shape == (20, 30, 4) and read.dtype == np.uint8, name
        assert abs(int(read[10, 10, 2]) - 200) < 8, name
        assert read[10, 10, 3] == (200 if name == "alpha.png" else 255), name
    found = find_pictures((str(tmp_path / "grey.png"), str(tmp_path)))
    names = ["grey.png", "alpha.png", "colour.jpg", "deep.png", "grey.png", "x.webp"]
    assert [path.name for path in found] == names


def test_bad_pictures_are_errors(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((1, 1), np.uint8))
    for name, what in ("text.png", "decoded"), ("empty.jpg", "decoded"), ("dot.png", "too small"):
        with pytest.raises(UserError, match=what):
            read_picture(tmp_path / name)
    with pytest.raises(UserError, match="no such"):
        find_pictures((str(tmp_path / "nowhere.png"),))
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="no picture in it"):
        find_pictures((str(tmp_path / "folder"),))
