"""Whether a picture holds one letter."""

import numpy as np
import pytest

from evaluation.toys import find_ends, holds_one_letter
from imnet.base.errors import UserError

LETTER = np.array([[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1]], bool)


def picture(*places):
    values = np.zeros((20, 20))
    for top, left in places:
        values[top : top + 5, left : left + 4] = LETTER
    return values


def test_one_letter_at_any_place():
    assert holds_one_letter(picture((0, 0)), LETTER)
    assert holds_one_letter(picture((15, 16)), LETTER)
    assert not holds_one_letter(picture(), LETTER)
    assert not holds_one_letter(picture((0, 0), (10, 10)), LETTER)
    assert not holds_one_letter(0.5 * picture((3, 3)), LETTER)  # faded


def test_least_iou():
    values = picture((3, 3))
    values[3, 7] = 1  # 14 pixels of 15 in common
    assert holds_one_letter(values, LETTER)
    values[3, 8] = 1  # 14 of 16
    assert not holds_one_letter(values, LETTER)


def test_ends_are_in_one_column():
    positions = np.array([(row, column) for column in (2, 0, 1) for row in (5, 9)])
    ends = find_ends(positions, (5, 9), 2)
    assert positions[ends].tolist() == [[[5, 0], [9, 0]], [[5, 2], [9, 2]]]
    with pytest.raises(UserError, match="--rows 6"):
        find_ends(positions, (6, 9), 2)
