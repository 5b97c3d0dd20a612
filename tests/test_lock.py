"""One training in a folder at a time, and what a killed one leaves."""

import pytest
from helpers import held

from imnet.base.errors import UserError
from imnet.base.lock import only_writer
from imnet.networks.checkpoints import remove_torn


def test_the_second_writer_is_told_of_the_first_until_it_is_killed(tmp_path):
    pytest.importorskip("fcntl")
    with held("only_writer", tmp_path / "new") as first:
        for _ in range(2):
            with (
                pytest.raises(UserError, match=rf"new is being trained .*\b{first.pid}\)") as error,
                only_writer(tmp_path / "new"),
            ):
                pass
            assert "\n" not in str(error.value)
    for _ in range(2):
        with only_writer(tmp_path / "new"):
            pass


def test_torn_checkpoints_are_removed(tmp_path):
    for name in (".M.model-3.77.index", ".M.model-3.77.data-00000-of-00001", "M.model-2.index"):
        (tmp_path / name).touch()
    remove_torn(tmp_path, "M.model")
    assert [path.name for path in tmp_path.iterdir()] == ["M.model-2.index"]
