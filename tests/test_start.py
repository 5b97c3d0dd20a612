"""How TensorFlow is started: what we choose for it, and what the user chooses."""

import os

import pytest

from imnet.base.quiet import start_tensorflow


@pytest.mark.parametrize("chosen", [None, "0", "1"])
def test_onednn_is_on_unless_the_user_says_otherwise(chosen, monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if chosen is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", chosen)
    assert start_tensorflow(lambda: os.environ["TF_ENABLE_ONEDNN_OPTS"]) == (chosen or "1")
