"""Meshes of several runs in one folder; a latent GAN whose autoencoder is damaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import held, run_main

from IMGAN import main as program
from imnet.data.hdf5 import write_arrays

SHIPPED = Path(__file__).parents[1] / "IMGAN/pretrained"
SMALL = ["--checkpoint_dir", SHIPPED, "--resolution", 16]


def run(folder, *flags, status=0):
    return run_main(program, folder, "chairs", *flags, status=status)


def test_meshes_of_another_run_are_named(tmp_path, small_pictures):
    assert "another run" not in run(tmp_path, *SMALL, "--samples", 11)
    said = run(tmp_path, *SMALL, "--samples", 2)
    assert "2 meshes at 16³" in said and "9 of another run: out2.dae to out10.dae" in said
    said = run(tmp_path, *SMALL, "--samples", 1, "--mesh_format", "ply")
    assert "1 mesh at 16³" in said and "11 of another run: out0.dae to out10.dae" in said
    said = run(tmp_path, *SMALL, "--interpolate", 0, 1, "--steps", 2)  # meshes of other names
    assert "another run" not in said
    assert (tmp_path / "samples/out3.dae").is_file()


def test_two_programs_do_not_write_meshes_to_one_folder(tmp_path, small_pictures):
    pytest.importorskip("fcntl")
    with held("only_mesher", tmp_path / "samples"):
        said = run(tmp_path, *SMALL, "--samples", 1, status=2)
    assert "samples" in said and "--sample_dir" in said
    run(tmp_path, *SMALL, "--samples", 1)
    assert not (tmp_path / "samples/.lock").exists()


def test_a_damaged_autoencoder_is_not_taken_for_none(tmp_path, small_pictures):
    folder = tmp_path / "checkpoint/chairs_64"
    shutil.copytree(SHIPPED / "chairs_64", folder)
    (data,) = folder.glob("*.data*")
    data.write_bytes(data.read_bytes()[:1000])
    write_arrays(tmp_path / "data/chairs_z.hdf5", zs=np.full((4, 64), 0.5, np.float32))
    training = ["--train", "--epoch", 1, "--width", 4]
    assert f"{data.name.split('.data')[0]} is damaged" in run(tmp_path, *training, status=2)
    assert not (tmp_path / "checkpoint/chairs_z_64_64").exists()
    shutil.rmtree(folder)
    run(tmp_path, *training)
    assert (tmp_path / "checkpoint/chairs_z_64_64/ZGAN.model-1.index").is_file()


def test_a_training_does_not_start_over_what_is_left_of_a_checkpoint(tmp_path):
    folder = tmp_path / "checkpoint/chairs_64"
    shutil.copytree(SHIPPED / "chairs_64", folder)
    (index,) = folder.glob("*.index")
    copied = f"{index.stem} (1).index"
    index.rename(folder / copied)
    (data,) = folder.glob("*.data*")
    before = data.read_bytes()
    voxels = np.zeros((1, 64, 64, 64, 1), np.uint8)
    points, values = np.zeros((1, 16, 3), np.uint8), np.zeros((1, 16, 1), np.uint8)
    write_arrays(tmp_path / "data/chairs.hdf5", voxels=voxels, points_16=points, values_16=values)
    for flags in (["--ae", "--train", "--real_size", 16, "--batch_size_input", 16], ["--ae"], []):
        said = run(tmp_path, *flags, status=2)
        assert index.name in said and copied in said
    assert data.read_bytes() == before
