"""The curve of held-out IoU: one row for each checkpoint of a training."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from IMGAN.model import CNNAE
from imnet.base.errors import UserError
from imnet.base.files import read_csv
from imnet.data.batches import VoxelBatch
from imnet.data.hdf5 import write_arrays
from imnet.metrics.fields import reconstruction_figures
from imnet_evaluation.paper import iou_curve


def test_a_curve_of_checkpoints(tmp_path, monkeypatch):
    from imnet.networks.trainer import Trainer

    folder, dataset = tmp_path / "training", tmp_path / "test.hdf5"
    voxels = (np.random.default_rng(0).random((2, 64, 64, 64, 1)) < 0.5).astype(np.uint8)
    write_arrays(dataset, voxels=voxels)
    model = CNNAE(z_dim=4, ef_dim=2, norm="instance")
    trainer = Trainer(folder=folder, shapes=2, start=0, end=3, total=3, learning_rate=0.01)
    batches = lambda epoch: iter([VoxelBatch(np.arange(2), voxels)])  # noqa: E731
    trainer.train(model, batches, lambda epoch, batch: None)

    words = f"x --checkpoints {folder} --shapes 2 --dataset {dataset} --output {tmp_path}/x.csv"
    monkeypatch.setattr(sys, "argv", words.split())
    iou_curve.main()
    heading, *rows = read_csv(tmp_path / "x.csv")
    assert heading == iou_curve.HEADINGS
    assert [row[:3] for row in rows] == [["training", str(e), str(2 * e + 2)] for e in range(3)]
    minutes = [float(row[3]) for row in rows]
    assert minutes == sorted(minutes) and minutes[-1] < 5
    grids = [model.decode_grid(z) for z in model.encode(voxels)]
    last = [reconstruction_figures(g.ravel(), v) for g, v in zip(grids, voxels, strict=True)]
    assert rows[2][4] == f"{np.mean([figures['iou'] for figures in last]):.4f}"
    assert rows[2][5] == f"{np.mean([figures['field_error'] for figures in last]):.6f}"
    assert rows[0][5] != rows[2][5]
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.width > picture.height


def test_every_curve_has_a_name_of_its_own():
    paths = [Path(f"/x/{recipe}/chairs") for recipe in ("original", "ours")]
    given = {"checkpoints": paths, "shapes": (2, 2), "dataset": Path("x"), "output": Path("y")}
    assert iou_curve.Flags(**given, names=("a", "b")).curves == ("a", "b")
    with pytest.raises(UserError, match="--names"):
        iou_curve.Flags(**given)
    with pytest.raises(UserError, match="--names"):
        iou_curve.Flags(**given, names=("a",))
