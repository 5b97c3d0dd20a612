"""--export: ONNX files against our own forward pass, PyTorch files bit for bit, refusals."""

import pickletools
import re
import sys
import zipfile
from contextlib import contextmanager
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
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.onnx_files import Graph
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

    They are as near as float32 promises, and as 1e-5. Return the files' codes and values.
    """
    codes = model.encode(inputs)

    def forward(network):
        return {"codes": network.encode(inputs), "values": decode(network, codes)}

    found, spreads = spread(model, forward, units=2)
    values = found["values"]
    bounds = {name: 1e-5 + FACTOR * spreads[name].max() for name in spreads}
    with own_moments():
        for graph_name, graph in graphs.items():
            graph.write(folder / f"{graph_name}.onnx")
    (name,) = graphs[encoder].inputs
    assert np.ptp(codes, axis=0).max() > 1e-3 and values.std() > 1e-3
    for n in (1, 3):
        encoded = run_onnx(folder / f"{encoder}.onnx", **{name: inputs[:n].astype(np.float32)})
        np.testing.assert_allclose(encoded, codes[:n], rtol=0, atol=bounds["codes"])
        points = {"points": POINTS[:n]} if "points" in graphs["decoder"].inputs else {}
        decoded = run_onnx(folder / "decoder.onnx", z=codes[:n], **points)
        np.testing.assert_allclose(decoded, values[:n], rtol=0, atol=bounds["values"])
    return encoded, decoded


def spread_out(model, codes):
    """Let the values at POINTS reach beyond 0 and 1 on both sides, by the decoder's last layer."""
    matrix, bias = model.decoder.layers[-1]
    unsquashed = model.decoder.unsquashed(POINTS, codes).numpy()
    matrix.assign(matrix / unsquashed.std())
    bias.assign(0.5 + (bias - unsquashed.mean()) / unsquashed.std())


def decoded(model, codes):
    """Values [s, m] at POINTS."""
    return np.stack([model.decode(p, z) for p, z in zip(POINTS, codes, strict=True)])


OWN_MOMENTS = tf.nn.moments


@pytest.fixture
def exact_moments(monkeypatch):
    """TensorFlow's sum over 32³ positions in float32 is off, by up to 1e-4 in the codes."""

    def moments(x, axes, keepdims):
        exact = OWN_MOMENTS(tf.cast(x, tf.float64), axes, keepdims=keepdims)
        return [tf.cast(m, x.dtype) for m in exact]

    monkeypatch.setattr(tf.nn, "moments", moments)


def grids(model, codes):
    """Values [s, 64, 64, 64, 1]."""
    return np.stack([model.decode_grid(z) for z in codes])[..., None]


@contextmanager
def own_moments():
    """What is exported has TensorFlow's own moments in float32, even under `exact_moments`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.nn, "moments", OWN_MOMENTS)
        yield


NORMS = [(v, n) for v in ("original", "improved", "pytorch") for n in ("batch", "instance")]


@pytest.mark.parametrize("variant, norm", [*NORMS, ("pytorch", None)])
def test_onnx_of_an_autoencoder(variant, norm, voxels, exact_moments, tmp_path):
    imae = shaken(IMAE(variant=variant, norm=norm, **WIDTHS))
    spread_out(imae, imae.encode(voxels))
    check(imae, autoencoder_graphs(imae), tmp_path, "encoder", voxels, decoded)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_onnx_of_the_cnn_autoencoder(norm, voxels, exact_moments, tmp_path):
    model = shaken(CNNAE(norm=norm, z_dim=8, ef_dim=2))
    check(model, autoencoder_graphs(model), tmp_path, "encoder", voxels, grids)


@pytest.mark.parametrize("variant", ["original", "improved", "pytorch"])
def test_onnx_of_an_image_encoder(variant, tmp_path):
    model = shaken(IMSVR(variant=variant, **WIDTHS))
    model.calibrate(1, [VIEWS])
    spread_out(model, model.encode(VIEWS))
    check(model, image_graphs(model), tmp_path, "image_encoder", VIEWS, decoded)


def saturate(matrix, bias, squashed):
    """Let a last layer's output before a sigmoid, of which `squashed` came, fill -30 to 30."""
    output = np.log(squashed / (1 - squashed.astype(np.float64)))
    scale = 60 / np.ptp(output)
    matrix.assign(scale * matrix)
    bias.assign(scale * (bias - output.min()) - 30)


@pytest.mark.parametrize(
    "make, graphs, encoder",
    [
        (lambda: IMAE(norm="batch", **WIDTHS), autoencoder_graphs, "encoder"),
        (lambda: CNNAE(z_dim=8, ef_dim=2), autoencoder_graphs, "encoder"),
        (lambda: IMSVR(**WIDTHS), image_graphs, "image_encoder"),
    ],
)
def test_saturated_values(make, graphs, encoder, voxels, tmp_path):
    model = shaken(make())
    inputs = VIEWS if encoder == "image_encoder" else voxels
    if inputs is VIEWS:
        model.calibrate(1, [VIEWS])
    decode = decoded if isinstance(model.decoder, ImplicitDecoder) else grids
    own, layers = model.encoder, getattr(model.decoder, "layers", None)
    last = [own.kernel, own.bias] if inputs is VIEWS else own.convolutions[-1]
    saturate(*last, model.encode(inputs))
    codes = model.encode(inputs)
    saturate(*(layers or model.decoder.convolutions)[-1], decode(model, codes))
    for found in check(model, graphs(model), tmp_path, encoder, inputs, decode):
        assert 0 < found.min() < 1e-11 and found.max() == 1


def test_the_sigmoid_is_monotone(tmp_path):
    Graph(tf.sigmoid, {"x": ["n"]}, {"y": ["n"]}).write(tmp_path / "sigmoid.onnx")
    x = np.linspace(-30, 30, 600_001, dtype=np.float32)
    found = run_onnx(tmp_path / "sigmoid.onnx", x=x)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-x.astype(np.float64))), rtol=1e-6)
    assert (np.diff(found) >= 0).all() and found.max() == 1


def test_onnx_of_the_shipped_model(voxels, exact_moments, tmp_path, capsys):
    places = ["--dataset", "chairs", "--checkpoint_dir", SHIPPED]
    with own_moments():
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
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    places = ["--dataset", "chairs", "--checkpoint_dir", SHIPPED]
    message = refusal(imgan, tmp_path, "--ae", *places, "--export", "x.onnx")
    assert message.endswith("pip install tf2onnx") and not list(tmp_path.iterdir())


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
