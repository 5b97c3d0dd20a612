"""The tables of results.md out of a small folder of measurements."""

import json
import shutil

import pytest

from imnet.base.errors import UserError
from imnet_evaluation.paper import results
from imnet_evaluation.paper.documents import put_table


@pytest.fixture
def folder(tmp_path):
    """Measurements of one class: what experiment.sh leaves, as far as the tables read it."""
    place = tmp_path / "chair"
    (place / "data").mkdir(parents=True)
    (place / "figures").mkdir()
    (place / "data/families.csv").write_text("name,family\na,a\nb,a\n")
    (place / "seconds.csv").write_text(
        "implicit,60\nimplicit,120\ncnn,72\nimplicit.gan,30\ncnn.gan,600\n"
    )
    (place / "data/chair_only_train.txt").write_text("a\nb\nc\n")
    (place / "data/chair_test.txt").write_text("d\n")
    mean = dict.fromkeys(results.RECONSTRUCTION.keys() - {"median_chamfer"}, 0.123456)
    sets = [{"name": n, **dict.fromkeys(results.GENERATION, 0.5)} for n in results.DISTANCES]
    for side in results.SIDES:
        for decoder, size in results.MODELS:
            failed = None if decoder == "cnn" else 0.01
            content = {
                "mean": {**mean, "chamfer_squared": failed},
                "shapes": [
                    {"status": "closed", "chamfer_squared": 0.003},
                    {"status": "closed", "chamfer_squared": 0.001},
                    {"status": "closed", "chamfer_squared": 0.5},
                    {"status": "empty", "chamfer_squared": None},
                ],
            }
            path = place / "figures" / f"{decoder}-{side}-{size}.json"
            path.write_text(json.dumps(content))
        for decoder in results.GANS:
            content = {"sets": sets, "shapes": [{"status": "open", "one_part": True}]}
            path = place / "figures" / f"{decoder}-{side}-samples.json"
            path.write_text(json.dumps(content))
    return tmp_path


def test_rows(folder):
    assert results.data_rows([folder])[1] == ["chair", "4", "2 in 1 families", "3", "1"]
    assert results.budget_rows([folder])[1:] == [
        ["IM-AE", "3"], ["CNN-AE", "1.2"], ["IM-GAN", "0.5"], ["CNN-GAN", "10"],
    ]  # fmt: skip
    rows = [dict(zip(results.reconstruction_rows([folder])[0], row, strict=True))
            for row in results.reconstruction_rows([folder])[1:]]  # fmt: skip
    assert len(rows) == 6
    cnn = next(row for row in rows if row["model"].startswith("CNN"))
    implicit = next(row for row in rows if row["model"].startswith("IM"))
    assert (cnn["CD ·10³"], implicit["CD ·10³"]) == ("-", "10")
    assert cnn["median CD ·10³"] == implicit["median CD ·10³"] == "3"
    assert (cnn["IoU"], cnn["MSE ·10³"], cnn["failures"]) == ("0.123", "123", "1")
    generated = results.generation_rows([folder])
    assert len(generated) == 5 and all(len(row) == len(generated[0]) for row in generated)
    assert generated[1][3:7] == ["1", "0.5", "500", "0.5"] and generated[1][-1] == "0"


def test_several_seeds_give_means_and_half_of_the_range(folder, tmp_path):
    second = tmp_path / "second"
    shutil.copytree(folder / "chair", second / "chair")
    path = second / "chair/figures/cnn-test-64.json"
    content = json.loads(path.read_text())
    content["mean"]["iou"] = 0.223456
    content["shapes"] = []
    path.write_text(json.dumps(content))
    rows = results.reconstruction_rows([folder, second])
    row = dict(zip(rows[0], rows[-1], strict=True))
    assert row["model"].startswith("CNN") and row["seeds"] == "2"
    assert (row["IoU"], row["CD ·10³"], row["failures"]) == ("0.173 ±0.05", "-", "1 / 0")
    shutil.rmtree(second / "chair/figures")  # a class that only one seed has
    assert results.reconstruction_rows([folder, second])[-1][3] == "1"


def test_tables_are_put_between_their_lines(folder):
    document = folder / "results.md"
    names = "\n\n".join(f"<!-- {name} -->\nold\n<!-- end -->" for name in results.TABLES)
    document.write_text(f"# Results\n{names}\nlast words\n")
    text = document.read_text()
    for name, table in results.TABLES.items():
        text = put_table(text, name, table([folder]))
    assert "old" not in text and text.endswith("last words\n")
    assert "| chair | 4 | 2 in 1 families | 3 | 1 |" in text
    assert put_table(text, "data", results.data_rows([folder])) == text  # again: the same
    with pytest.raises(UserError, match="<!-- nothing -->"):
        put_table(text, "nothing", [["a"]])


def test_what_is_missing_is_named(folder):
    with pytest.raises(UserError, match=r"run evaluation/paper/experiment\.sh first"):
        results.data_rows([folder / "chair"])
    (folder / "chair/figures/cnn-test-64.json").unlink()
    with pytest.raises(UserError, match=r"cnn-test-64\.json"):
        results.reconstruction_rows([folder])


@pytest.mark.parametrize("content", ["# no JSON", "{}", '{"shapes": []}', "[]"])
def test_figures_that_are_none(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(UserError, match=r"x\.json has no figures of meshes: give what"):
        results.single_view_rows(tmp_path / "x.json")


def test_what_the_data_does(folder, tmp_path):
    shutil.copytree(folder / "chair", tmp_path / "more/augmented/chair")
    figures = tmp_path / "more/augmented/chair/figures"
    (figures / "cnn-test-64.json").unlink()
    shutil.copy(figures / "implicit-test-64.json", figures / "implicit-procedural_test-64.json")
    heading, *rows = results.more_data_rows(tmp_path / "more")
    assert [row[:4] for row in rows] == [
        ["chair", "real, warped", "IM-AE, 64³", "real, 4"],
        ["chair", "real, warped", "IM-AE, 64³", "procedural, 4"],
    ]
    assert dict(zip(heading, rows[0], strict=True))["median CD ·10³"] == "3"
    heading, *rows = results.more_generation_rows(tmp_path / "more")
    assert [row[:6] for row in rows] == [
        ["chair", "real, warped", "real, 1", "IM-GAN", "1", "1"],
        ["chair", "real, warped", "real, 1", "CNN-GAN", "1", "1"],
    ]
    assert dict(zip(heading, rows[0], strict=True))["MMD ·10³, CD"] == "500"
    shutil.copytree(tmp_path / "more/augmented", tmp_path / "more/augmented_1")  # another seed
    assert results.more_data_rows(tmp_path / "more")[1][4] == "2"
    with pytest.raises(UserError, match="no figures in it"):
        results.more_data_rows(folder)
