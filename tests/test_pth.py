"""PyTorch's files of weights as training scripts wrap them."""

import pickle

import numpy as np
import pytest
from pth_cases import WEIGHTS, wrapped

from imnet.networks.pytorch import read_pth, write_pth


def assert_weights(path):
    found = read_pth(path)
    assert found.keys() == WEIGHTS.keys()
    for name, array in WEIGHTS.items():
        np.testing.assert_array_equal(found[name], array)


def renamed(state, names):
    """The state dict under other names of the same length."""
    for old, new in names.items():
        assert len(old) == len(new)
        state = state.replace(old.encode(), new.encode())
    return state


def test_beside_other_things(tmp_path):
    others = [("epoch", pickle.dumps(3, 2)), ("loss", pickle.dumps(np.float64(0.01), 2))]
    others += [("best", pickle.dumps(np.float32([1, 2]), 2)), ("seed", pickle.dumps(None, 2))]
    path, state = wrapped(tmp_path, *others, ("state_dict", None))
    assert_weights(path)
    moments = {"generator.linear_1.weight": "0.exp_avg.of.linear_1.wt__"[:25]}
    moments["encoder.conv_5.bias"] = "1.exp_avg.of.conv_5"
    optimiser = renamed(state, moments)
    path, _ = wrapped(tmp_path, ("optimizer", optimiser), ("state_dict", None), *others)
    assert_weights(path)


@pytest.mark.parametrize("front", ["module.", "_orig_mod.", "model.", "net.module.", "a.b.c."])
def test_names_with_something_in_front(tmp_path, front):
    write_pth(tmp_path / "x.pth", {front + name: array for name, array in WEIGHTS.items()})
    assert_weights(tmp_path / "x.pth")
