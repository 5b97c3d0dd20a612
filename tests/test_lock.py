"""One training in a folder at a time, and what a killed one leaves."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from helpers import held

from imnet.base import lock
from imnet.base.errors import UserError
from imnet.base.lock import only_builder, only_writer
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


def test_a_lock_file_that_its_holder_removes_is_not_held_by_two(tmp_path, monkeypatch):
    """Between opening a lock file and locking it, its holder can end and a third one come."""
    pytest.importorskip("fcntl")
    path, took = tmp_path / "x.hdf5", []
    taken = lock.fcntl.lockf

    def slow(file, how):
        if not took:  # the holder removes the file that is open here, and another makes its own
            took.append(file)
            Path(file.name).unlink()
            stack.enter_context(held("only_builder", path))
        return taken(file, how)

    monkeypatch.setattr(lock.fcntl, "lockf", slow)
    with ExitStack() as stack, pytest.raises(UserError, match=r"x\.hdf5"), only_builder(path):
        pass
    assert took


def test_torn_checkpoints_are_removed(tmp_path):
    for name in (".M.model-3.77.index", ".M.model-3.77.data-00000-of-00001", "M.model-2.index"):
        (tmp_path / name).touch()
    remove_torn(tmp_path, "M.model")
    assert [path.name for path in tmp_path.iterdir()] == ["M.model-2.index"]
