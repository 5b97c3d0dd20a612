"""TF1's checkpoints by name: which is the newest, how many are kept, what damage does."""

import os
import re

import numpy as np
import pytest
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.networks.checkpoints import (
    MARK,
    find_checkpoint,
    newest_checkpoint,
    read_checkpoint,
    remove_torn,
    write_checkpoint,
)
from imnet.networks.pytorch import write_pth


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
    says = re.escape(f"{path.name} is missing") if damage == "missing" else r"M\.model-1 is damaged"
    with pytest.raises(UserError, match=says):
        read_checkpoint(tmp_path / "M.model-1")


def test_a_checkpoint_torn_at_any_byte_is_said_and_the_older_one_loads(tmp_path):
    write(tmp_path, [1, 2])
    for part in (".index", ".data-00000-of-00001"):
        path = tmp_path / f"M.model-2{part}"
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(UserError, match=r"M\.model-2 is damaged") as error:
                read_checkpoint(find_checkpoint(tmp_path, "M.model"))
            assert "\n" not in str(error.value)
        path.write_bytes(whole)
    np.testing.assert_array_equal(read_checkpoint(tmp_path / "M.model-1")["a/b"], [1, 1, 1])
    state = tmp_path / "checkpoint"
    whole = state.read_bytes()
    for length in range(len(whole)):
        state.write_bytes(whole[:length])
        assert newest_checkpoint(tmp_path, "M.model").name == "M.model-2"


def test_tensors_that_no_network_has_are_named(tmp_path, capsys):
    weights = {"generator.linear_1.bias": np.ones(3, np.float32)}
    counters = {"img_encoder.bn_0.num_batches_tracked": np.array(7)}
    write_pth(tmp_path / "plain.pth", {**weights, **counters})
    assert set(read_checkpoint(tmp_path / "plain.pth")) == {"simple_net/h1_lin/bias", MARK}
    assert capsys.readouterr().err == ""
    write_pth(tmp_path / "more.pth", {**weights, "extra.linear_9.bias": np.ones(3, np.float32)})
    read_checkpoint(tmp_path / "more.pth")
    (line,) = capsys.readouterr().err.splitlines()
    assert "more.pth" in line and "extra.linear_9.bias" in line


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("index", [None, "M.model-2 (1).index"])
def test_a_newest_checkpoint_without_its_index_is_refused(tmp_path, older, index):
    """A training would start from older weights, or new ones, and write over what is left."""
    write(tmp_path, [1, 2] if older else [2])
    lost = tmp_path / "M.model-2.index"
    lost.rename(tmp_path / index) if index else lost.unlink()
    for state in (True, False):
        if not state:
            (tmp_path / "checkpoint").unlink()
        with pytest.raises(UserError) as caught:
            newest_checkpoint(tmp_path, "M.model")
        assert "M.model-2.index of a checkpoint is missing" in str(caught.value)
        assert (index or "copy all") in str(caught.value) and "\n" not in str(caught.value)
        assert newest_checkpoint(tmp_path, "N.model") is None
    write(tmp_path, [3])  # a newer one is whole
    assert newest_checkpoint(tmp_path, "M.model").name == "M.model-3"


def test_a_checkpoint_of_which_the_state_file_alone_is_left_is_refused(tmp_path):
    write(tmp_path, [4])
    for path in tmp_path.glob("M.model*"):
        path.unlink()
    with pytest.raises(UserError, match=r"M\.model-4\.data.* and M\.model-4\.index .* are missing"):
        newest_checkpoint(tmp_path, "M.model")


def test_what_a_killed_training_did_not_finish_is_no_lost_checkpoint(tmp_path):
    write(tmp_path, [1, 2])
    (tmp_path / "M.model-2.index").rename(tmp_path / ".M.model-2.77.index")
    assert newest_checkpoint(tmp_path, "M.model").name == "M.model-1"
    remove_torn(tmp_path, "M.model")
    assert newest_checkpoint(tmp_path, "M.model").name == "M.model-1"
    assert not list(tmp_path.glob("*M.model-2*"))


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


def test_a_checkpoint_of_the_old_format_is_refused_by_name(tmp_path):
    """It is whole, so its .index is not missing; what the message advises makes it readable."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("a/b", initializer=[1.0, 2.0])
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(write_version=tf.compat.v1.train.SaverDef.V1)
        saver.save(session, str(tmp_path / "M.model"), global_step=3)
    for place in (tmp_path, tmp_path / "M.model-3"):
        with pytest.raises(UserError, match=r"M\.model-3 .*V1"):
            find_checkpoint(place, "M.model")
    old = tf.train.load_checkpoint(str(tmp_path / "M.model-3"))
    names = list(old.get_variable_to_shape_map())
    tensors = [old.get_tensor(name) for name in names]
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "M.model-3"), tensor_names=names, tensors=tensors,
        shape_and_slices=[""] * len(names),
    )  # fmt: skip
    found = read_checkpoint(find_checkpoint(tmp_path, "M.model"))
    np.testing.assert_array_equal(found["a/b"], [1, 2])
