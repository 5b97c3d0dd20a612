"""--export: ONNX files against our own forward pass, PyTorch files bit for bit, refusals."""

import pickletools
import re
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf
from rounding import FACTOR, spread

from IMGAN import main as imgan
from IMGAN.model import CNNAE, IMAE
from IMGAN.onnx_graphs import onnx_graphs as autoencoder_graphs
from imnet.base.errors import UserError
from IMSVR import main as imsvr
from IMSVR.model import IMSVR
from IMSVR.onnx_graphs import onnx_graphs as image_graphs

GOLDEN = Path(__file__).parent / "golden"
SHIPPED = Path(__file__).parents[1] / "IMGAN/pretrained"
WIDTHS = {"z_dim": 8, "ef_dim": 2, "gf_dim": 4}
RNG = np.random.default_rng(0)
POINTS = RNG.uniform(-1, 1, (3, 50, 3)).astype(np.float32)
VIEWS = RNG.random((3, 128, 128, 1), np.float32) * np.float32([1, 0.6, 0.2])[:, None, None, None]


@pytest.fixture(scope="module")
def voxels():
    """Three chairs [3, 64, 64, 64, 1]."""
    with h5py.File(GOLDEN / "golden_vox.hdf5") as file:
        return file["voxels"][:3]


def run(program, folder, *flags):
    """Run a main.py in a folder, with its default places."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["main.py", *map(str, flags)])
        return program.main()


def refusal(program, folder, *flags):
    with pytest.raises(UserError) as caught:
        run(program, folder, *flags)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def run_onnx(path, **inputs):
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert {i.name for i in session.get_inputs()} == inputs.keys()
    (output,) = session.run(None, inputs)
    return output


def shaken(model):
    """Weights and averages of a network that was trained for long; none stays 0 or 1."""
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if variable.dtype == tf.float32:
            spread = rng.uniform(0.5, 1.5, variable.shape)
            shift = 0 if "variance" in variable.name else rng.normal(0, 0.05, variable.shape)
            variable.assign(variable * spread + shift)
    return model


def check(model, graphs, folder, encoder, inputs, decode):
    """Hold the files of a network's graphs against its codes and values, by ones and threes.

    They are as near as float32 promises, and as ONNX Runtime's sigmoid, which is off by 1e-5.
    """
    codes = model.encode(inputs)

    def forward(network):
        return {"codes": network.encode(inputs), "values": decode(network, codes)}

    found, spreads = spread(model, forward, units=2)
    values = found["values"]
    bounds = {name: 1e-5 + FACTOR * spreads[name].max() for name in spreads}
    for graph_name, graph in graphs.items():
        graph.write(folder / f"{graph_name}.onnx")
    (name,) = graphs[encoder].inputs
    assert np.ptp(codes, axis=0).max() > 1e-3 and values.std() > 1e-3
    for n in (1, 3):
        found = run_onnx(folder / f"{encoder}.onnx", **{name: inputs[:n].astype(np.float32)})
        np.testing.assert_allclose(found, codes[:n], rtol=0, atol=bounds["codes"])
        points = {"points": POINTS[:n]} if "points" in graphs["decoder"].inputs else {}
        found = run_onnx(folder / "decoder.onnx", z=codes[:n], **points)
        np.testing.assert_allclose(found, values[:n], rtol=0, atol=bounds["values"])


def spread_out(model, codes):
    """Let the values at POINTS reach beyond 0 and 1 on both sides, by the decoder's last layer."""
    matrix, bias = model.decoder.layers[-1]
    unsquashed = model.decoder.unsquashed(POINTS, codes).numpy()
    matrix.assign(matrix / unsquashed.std())
    bias.assign(0.5 + (bias - unsquashed.mean()) / unsquashed.std())


def decoded(model, codes):
    """Values [s, m] at POINTS."""
    return np.stack([model.decode(p, z) for p, z in zip(POINTS, codes, strict=True)])


@pytest.fixture
def exact_moments(monkeypatch):
    """TensorFlow's sum over 32³ positions in float32 is off, by up to 1e-4 in the codes."""
    own = tf.nn.moments

    def moments(x, axes, keepdims):
        return [tf.cast(m, x.dtype) for m in own(tf.cast(x, tf.float64), axes, keepdims=keepdims)]

    monkeypatch.setattr(tf.nn, "moments", moments)


NORMS = [(v, n) for v in ("original", "improved", "pytorch") for n in ("batch", "instance")]


@pytest.mark.parametrize("variant, norm", [*NORMS, ("pytorch", None)])
def test_onnx_of_an_autoencoder(variant, norm, voxels, exact_moments, tmp_path):
    imae = shaken(IMAE(variant=variant, norm=norm, **WIDTHS))
    spread_out(imae, imae.encode(voxels))
    check(imae, autoencoder_graphs(imae), tmp_path, "encoder", voxels, decoded)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_onnx_of_the_cnn_autoencoder(norm, voxels, exact_moments, tmp_path):
    model = shaken(CNNAE(norm=norm, z_dim=8, ef_dim=2))

    def grids(network, codes):
        return np.stack([network.decode_grid(z) for z in codes])[..., None]

    check(model, autoencoder_graphs(model), tmp_path, "encoder", voxels, grids)


@pytest.mark.parametrize("variant", ["original", "improved", "pytorch"])
def test_onnx_of_an_image_encoder(variant, tmp_path):
    model = shaken(IMSVR(variant=variant, **WIDTHS))
    model.calibrate(1, [VIEWS])
    spread_out(model, model.encode(VIEWS))
    check(model, image_graphs(model), tmp_path, "image_encoder", VIEWS, decoded)


def test_onnx_of_the_shipped_model(voxels, exact_moments, tmp_path, capsys):
    places = ["--dataset", "chairs", "--checkpoint_dir", SHIPPED]
    run(imgan, tmp_path, "--ae", *places, "--export", "new/chairs.v1.onnx")
    printed = capsys.readouterr().out
    assert "chairs.v1_encoder.onnx: voxels [n, 64, 64, 64, 1] → z [n, 64]" in printed
    assert "chairs.v1_decoder.onnx: points [s, m, 3], z [s, 64] → values [s, m]" in printed
    imae = IMAE.from_checkpoint(SHIPPED / "chairs_64")
    codes = run_onnx(tmp_path / "new/chairs.v1_encoder.onnx", voxels=voxels.astype(np.float32))
    np.testing.assert_allclose(codes, imae.encode(voxels), atol=1e-5)
    values = run_onnx(tmp_path / "new/chairs.v1_decoder.onnx", z=codes, points=POINTS)
    np.testing.assert_allclose(values[2], imae.decode(POINTS[2], codes[2]), atol=1e-5)
    assert len(list((tmp_path / "new").iterdir())) == 2


def contents(path):
    """What a .pth file names: its members without their folder, and what its pickle calls."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickle = archive.read(next(name for name in names if name.endswith("/data.pkl")))
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
    calls = {arg for opcode, arg, _ in pickletools.genops(pickle) if opcode.name == "GLOBAL"}
    return {name.partition("/")[2] for name in names}, calls


@pytest.mark.parametrize(
    "program, flags, folder, golden",
    [(imgan, ["--ae"], "x_ae_64", "IM_AE.pth"), (imsvr, [], "x_svr_128", "IM_SVR.pth")],
)
def test_pth_bit_for_bit(program, flags, folder, golden, voxels, tmp_path, capsys):
    kind = IMAE if program is imgan else IMSVR
    model = kind(variant="pytorch", **WIDTHS)
    if kind is IMAE:
        model.train_step(voxels, POINTS, RNG.random((3, 50, 1)).round())
    else:
        model.train_step(VIEWS, RNG.random((3, 8)))
    model.save(tmp_path / "checkpoint" / folder, 3)
    run(program, tmp_path, *flags, "--dataset", "x", "--export", "x.pth")
    assert "weights in x.pth" in capsys.readouterr().out
    again = kind.from_checkpoint(tmp_path / "x.pth")
    assert again.variant == "pytorch"
    for ours, theirs in zip(model.weights, again.weights, strict=True):
        assert ours.name == theirs.name
        np.testing.assert_array_equal(ours, theirs)
    members, calls = contents(tmp_path / "x.pth")
    as_pytorch, admitted = contents(GOLDEN / "torch" / golden)
    assert {"data.pkl", "data/0", "version"} <= members & as_pytorch
    assert {"torch._utils _rebuild_tensor_v2", "torch FloatStorage"} <= calls <= admitted


@pytest.mark.parametrize(
    "variant, norm, says",
    [
        ("original", None, "in every layer"),
        ("improved", None, "clipped flat"),
        ("pytorch", "instance", "norms of"),
    ],
)
def test_networks_that_the_port_cannot_hold(variant, norm, says, tmp_path):
    folder = "x_ae_64" if variant == "pytorch" else "x_64"
    IMAE(variant=variant, norm=norm, **WIDTHS).save(tmp_path / "checkpoint" / folder, 3)
    assert says in refusal(imgan, tmp_path, "--ae", "--dataset", "x", "--export", "x.pth")
    if norm is None:
        IMSVR(variant=variant, **WIDTHS).save(tmp_path / "checkpoint/x_128", 3)
        assert says in refusal(imsvr, tmp_path, "--dataset", "x", "--export", "x.pth")
    assert not list(tmp_path.glob("*.pth"))


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    places = ["--dataset", "chairs", "--checkpoint_dir", SHIPPED]
    message = refusal(imgan, tmp_path, "--ae", *places, "--export", "x.onnx")
    assert message.endswith("pip install onnx") and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "program, flags, says",
    [
        (imgan, ["--ae", "--export", "x.h5"], r"--export x\.h5: .*\.pth .*\.onnx"),
        (imgan, ["--export", "x.onnx"], "add --ae"),
        (imgan, ["--ae", "--train", "--export", "x.onnx"], "exclude one another"),
        (imgan, ["--ae", "--getz", "--export", "x.onnx"], "exclude one another"),
        (imgan, ["--ae", "--reconstruct", "--export", "x.onnx"], "exclude one another"),
        (imgan, ["--ae", "--interpolate", 0, 1, "--export", "x.onnx"], "exclude one another"),
        (imgan, ["--ae", "--decoder", "cnn", "--export", "x.pth"], "no CNN decoder"),
        (imgan, ["--ae", "--export", "x.onnx"], "no checkpoint"),
        (imsvr, ["--export", "x"], r"--export x: .*\.pth .*\.onnx"),
        (imsvr, ["--train", "--export", "x.onnx"], "exclude one another"),
        (imsvr, ["--image", "a.png", "--export", "x.onnx"], "exclude one another"),
        (imsvr, ["--interpolate", 0, 1, "--export", "x.onnx"], "exclude one another"),
    ],
)
def test_refusals(program, flags, says, tmp_path):
    assert re.search(says, refusal(program, tmp_path, *flags))
