"""Views cut to what the image encoder takes."""

import numpy as np

from imnet.data.views import centre_crops, draw_crops, ten_crops


def places(count=1, views=1):
    """Views [count, views, 137, 137] in which a few pixels tell where they are."""
    pixels = np.zeros((count, views, 137, 137), np.uint8)
    pixels[..., np.arange(137), 60] = np.arange(137)  # each row its number
    return pixels


def test_the_centre_crop_starts_at_4():
    views = np.arange(2 * 137 * 137, dtype=np.int64).reshape(2, 137, 137)
    crops = centre_crops(views)
    assert crops.shape == (2, 128, 128, 1)
    np.testing.assert_array_equal(crops[1, :, :, 0], views[1, 4:132, 4:132])


def test_ten_crops_are_middle_and_corners_each_mirrored_too():
    views = np.arange(2 * 137 * 137, dtype=np.int64).reshape(2, 137, 137)
    crops = list(ten_crops(views))
    assert len(crops) == 10
    np.testing.assert_array_equal(crops[0], centre_crops(views))
    corners = {(0, 0), (0, 9), (9, 0), (9, 9)}
    assert {divmod(int(straight[0, 0, 0, 0]), 137) for straight in crops[2::2]} == corners
    for straight, mirrored in zip(crops[::2], crops[1::2], strict=True):
        assert straight.shape == (2, 128, 128, 1)
        np.testing.assert_array_equal(straight[:, :, ::-1], mirrored)


def test_random_crops_reach_both_ends_and_mirror_half_of_the_time():
    rng = np.random.default_rng(0)
    crops = draw_crops(places(), np.zeros(4000, int), 1, rng)[..., 0]
    assert crops.dtype == np.uint8
    columns = (crops > 0).any(axis=1).argmax(axis=1)  # [4000] where the marked column came to
    tops = crops[np.arange(4000), 64, columns].astype(int) - 64
    assert sorted(set(tops)) == list(range(10))
    # Offset l puts the column at 60 - l; mirrored it is at 127 - (60 - l).
    straight = columns <= 60
    assert set(columns[straight]) == set(range(51, 61))
    assert set(columns[~straight]) == set(range(67, 77))
    assert 0.45 < straight.mean() < 0.55
    counts = np.bincount(tops)
    assert counts.min() > 300  # uniform would be 400


def test_random_crops_choose_among_the_first_views_only():
    pixels = np.zeros((3, 5, 137, 137), np.uint8)
    pixels += 10 * np.arange(3, dtype=np.uint8)[:, None, None, None]
    pixels += np.arange(5, dtype=np.uint8)[:, None, None]
    crops = draw_crops(pixels, np.array([2] * 200), 4, np.random.default_rng(0))
    assert set(crops.ravel()) == {20, 21, 22, 23}
