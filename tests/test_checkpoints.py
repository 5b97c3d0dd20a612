"""TF1's checkpoints by name: which is the newest, how many are kept, what damage does."""

import os

import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.networks.checkpoints import (
    find_checkpoint,
    newest_checkpoint,
    read_checkpoint,
    write_checkpoint,
)


def write(folder, steps, keep=10):
    for step in steps:
        write_checkpoint(folder, "M.model", step, {"a/b": np.full(3, step, np.float32)}, keep)


def test_what_is_written_is_read(tmp_path):
    write(tmp_path, [7])
    tensors = read_checkpoint(tmp_path / "M.model-7")
    assert tensors.keys() == {"a/b"}
    np.testing.assert_array_equal(tensors["a/b"], [7, 7, 7])
    assert {path.name for path in tmp_path.iterdir()} == {
        "M.model-7.index", "M.model-7.data-00000-of-00001", "checkpoint",
    }  # fmt: skip


def test_only_so_many_are_kept_and_the_state_names_them(tmp_path):
    write(tmp_path, [0, 5, 10, 100], keep=2)
    assert {p.name for p in tmp_path.glob("*.index")} == {"M.model-10.index", "M.model-100.index"}
    assert (tmp_path / "checkpoint").read_text().splitlines() == [
        'model_checkpoint_path: "M.model-100"',
        'all_model_checkpoint_paths: "M.model-10"',
        'all_model_checkpoint_paths: "M.model-100"',
    ]


@pytest.mark.parametrize("path", ["/home/x/M.model-5", "M.model-5", r"C:\\old\\M.model-5"])
def test_of_the_states_path_only_the_base_name_counts(tmp_path, path):
    write(tmp_path, [5, 9])
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{path}"\n')
    assert newest_checkpoint(tmp_path, "M.model").name == "M.model-5"


@pytest.mark.parametrize("state", ['model_checkpoint_path: "M.model-77"\n', "rubbish", None])
def test_without_a_good_state_the_highest_step_counts(tmp_path, state):
    write(tmp_path, [9, 10])
    if state is None:
        (tmp_path / "checkpoint").unlink()
    else:
        (tmp_path / "checkpoint").write_text(state)
    assert newest_checkpoint(tmp_path, "M.model").name == "M.model-10"
    assert newest_checkpoint(tmp_path, "N.model") is None


def test_a_folder_a_prefix_or_an_index_file_are_found(tmp_path):
    write(tmp_path, [1, 2])
    assert find_checkpoint(tmp_path, "M.model").name == "M.model-2"
    assert find_checkpoint(tmp_path / "M.model-1", "M.model").name == "M.model-1"
    assert find_checkpoint(tmp_path / "M.model-1.index", "M.model").name == "M.model-1"
    for missing in (tmp_path / "M.model-3", tmp_path / "none", tmp_path.parent):
        with pytest.raises(UserError, match="no checkpoint"):
            find_checkpoint(missing, "M.model")


@pytest.mark.parametrize("name", ["a [b]", "a*?", "{a,b}", "a\\b", "模型 ü", "%41 ~", "-a"])
def test_folders_of_any_name(tmp_path, name):
    write(tmp_path / name, [1, 2], keep=1)
    tensors = read_checkpoint(find_checkpoint(tmp_path / name, "M.model"))
    np.testing.assert_array_equal(tensors["a/b"], [2, 2, 2])
    assert len(list((tmp_path / name).iterdir())) == 3


@pytest.mark.parametrize("part", [".index", ".data-00000-of-00001"])
@pytest.mark.parametrize("damage", ["cut", "missing", "changed"])
def test_damage_is_a_user_error(tmp_path, part, damage):
    write(tmp_path, [1])
    path = tmp_path / f"M.model-1{part}"
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        half = len(content) // 2
        changed = content[:half] + bytes([content[half] ^ 255]) + content[half + 1 :]
        path.write_bytes(content[:half] if damage == "cut" else changed)
    with pytest.raises(UserError, match="damaged or incomplete"):
        read_checkpoint(tmp_path / "M.model-1")


def test_a_checkpoint_torn_at_any_byte_is_said_and_the_older_one_loads(tmp_path):
    write(tmp_path, [1, 2])
    for part in (".index", ".data-00000-of-00001"):
        path = tmp_path / f"M.model-2{part}"
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(UserError, match=r"M\.model-2 is damaged or incomplete") as error:
                read_checkpoint(find_checkpoint(tmp_path, "M.model"))
            assert "\n" not in str(error.value)
        path.write_bytes(whole)
    np.testing.assert_array_equal(read_checkpoint(tmp_path / "M.model-1")["a/b"], [1, 1, 1])
    state = tmp_path / "checkpoint"
    whole = state.read_bytes()
    for length in range(len(whole)):
        state.write_bytes(whole[:length])
        assert newest_checkpoint(tmp_path, "M.model").name == "M.model-2"


def test_parts_of_two_checkpoints_never_stand_together(tmp_path, monkeypatch):
    """Wherever a training is killed while it writes a checkpoint again, all that load are whole."""
    write(tmp_path, [1, 2])
    replace = os.replace

    def killed(source, target):
        replace(source, target)
        if str(target).endswith("data-00000-of-00001"):
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_checkpoint(tmp_path, "M.model", 2, {"a/b": np.zeros(3, np.float32)}, 10)
    found = find_checkpoint(tmp_path, "M.model")
    np.testing.assert_array_equal(read_checkpoint(found)["a/b"], [1, 1, 1])
