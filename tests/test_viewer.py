"""The viewer without a browser: its codes and meshes, and its page as viser's messages see it."""

import http.client
import io
import os
import re
import shutil
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import trimesh
import viser
from viewer_models import DRAG, FINEST, make_checkpoints, options, png

from imnet.base.errors import UserError
from imnet.data.hdf5 import write_arrays
from imnet_viewer import server as server_module
from imnet_viewer.app import serve
from imnet_viewer.loading import load_models
from imnet_viewer.meshing import DRAG_STRIDE, Stale, code_iou, code_mesh, mesh_file, voxel_mesh
from imnet_viewer.mixtures import (
    along,
    corner_weights,
    mixture,
    neighbour_noise,
    principal_directions,
)
from imnet_viewer.panels.pad import pad_place, world_place
from imnet_viewer.panels.photo import LIKE, UNLIKE
from imnet_viewer.panels.wall import wall_places
from imnet_viewer.recording.client import Page
from imnet_viewer.server import MOST_UPLOAD, start_server
from IMSVR.model import IMSVR


def test_corner_weights():
    np.testing.assert_allclose(corner_weights(2, 0.25, 0.9), [0.75, 0.25])
    np.testing.assert_allclose(corner_weights(3, 0.25, 0.5), [0.375, 0.125, 0.5])
    np.testing.assert_allclose(corner_weights(4, 0.25, 0.5), [0.375, 0.125, 0.125, 0.375])
    np.testing.assert_allclose(corner_weights(4, 7, np.nan), [0, 1, 0, 0])


def test_principal_directions_are_as_long_as_the_deviation():
    codes = np.float32([[0.5, 0.1, 0], [0.5, 0.3, 0], [0.5, 0.5, 0], [0.5, 0.7, 0]])
    (direction,) = principal_directions(codes, 3)  # they differ in one direction only
    np.testing.assert_allclose(np.abs(direction), [0, codes[:, 1].std(), 0], atol=1e-6)
    moved = along(codes[1], direction[None], [1])
    assert abs(moved - codes[1]).sum() == pytest.approx(codes[:, 1].std(), rel=1e-5)
    np.testing.assert_array_equal(along(codes[1], np.ones((1, 3)), [5]), 1)
    np.testing.assert_array_equal(along(codes[0], direction[None], [np.nan]), codes[0])


def test_neighbours_are_near_and_of_the_same_distribution():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.2, 400)
    near = neighbour_noise(noise, 50, 0.5, rng, 0.2)
    assert near.std() == pytest.approx(0.2, rel=0.05)
    cosines = near @ noise / np.linalg.norm(near, axis=1) / np.linalg.norm(noise)
    assert (cosines > 0.75).all() and cosines.mean() == pytest.approx(np.cos(0.5), abs=0.02)


def test_the_pad_is_where_the_pointer_is():
    camera = np.array([-1.5, 0.8, -2.0])
    for place in ((0, 0), (1, 0), (0.25, 0.75)):
        halfway = (camera + world_place(*place)) / 2
        assert pad_place(camera, halfway) == pytest.approx(place, abs=1e-6)
    assert pad_place(camera, 2 * camera) is None


def test_the_wall_has_room_for_all():
    for count in (2, 43, 200):
        places, side = wall_places(count)
        apart = np.linalg.norm(places[:, None] - places, axis=2)
        assert len(places) == count and apart[~np.eye(count, dtype=bool)].min() >= side


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """The shipped autoencoder with a latent GAN and an image encoder that were never trained."""
    return make_checkpoints(tmp_path_factory.mktemp("viewer"))


@pytest.fixture(scope="module")
def models(checkpoints):
    return load_models(options(checkpoints))


@pytest.fixture(scope="module")
def port(models):
    server = serve(models, "127.0.0.1", 0, DRAG, FINEST, ["models.example.org:8443"])
    yield server.get_port()
    server.stop()


def test_all_is_loaded(models):
    assert not models.missing
    assert models.shapes.voxels.shape == (4, 64, 64, 64, 1) and models.shapes.codes.shape == (4, 64)
    assert models.shapes.names[0] == "blendswap-cc-0_antiqueChair"
    assert code_iou(models.autoencoder, models.shapes.codes[0], models.shapes.voxels[0], 0.5) > 0.5


def test_the_page_says_what_the_network_is(port):
    with Page(port) as page:
        for said in ("z_dim 64", "chairs.hdf5 (4107 shapes"):
            page.wait(lambda said=said: said in page.text())


def test_what_is_missing_is_told(tmp_path, checkpoints):
    (tmp_path / "chairs_64").symlink_to(checkpoints / "chairs_64")
    shutil.copytree(checkpoints / "chairs_z_64_64", tmp_path / "chairs_z_64_64")
    for part in (tmp_path / "chairs_z_64_64").glob("*.data*"):
        part.write_bytes(part.read_bytes()[:100])
    IMSVR(z_dim=64, ef_dim=2, gf_dim=32).save(tmp_path / "chairs_128", 0, optimizer=False)
    found = load_models(options(tmp_path, data_dir=tmp_path))
    assert found.shapes is found.latent_gan is found.image_encoder is None
    assert "chairs.hdf5" in found.missing["shapes"]
    assert "chairs_z_64_64" in found.missing["latent_gan"]
    assert "another autoencoder" in found.missing["image_encoder"]
    server = serve(found, "127.0.0.1", 0, DRAG, FINEST)
    try:
        with Page(server.get_port()) as page:
            page.vertices()  # a shape is shown all the same
            page.wait(lambda: "another autoencoder" in page.text())
            assert "chairs.hdf5" in page.text() and "chairs_z_64_64" in page.text()
    finally:
        server.stop()
    with pytest.raises(UserError, match="nothing_64"):
        load_models(options(tmp_path, dataset="nothing"))


def test_a_stale_mesh_is_given_up(models):
    asked = []

    def stale():
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Stale):
        code_mesh(models.autoencoder, models.shapes.codes[0], 128, 0.5, stale)
    assert len(asked) == 3


@pytest.mark.parametrize("suffix", [".ply", ".obj", ".stl", ".glb", ".off"])
def test_mesh_files_open_again(models, suffix):
    mesh = code_mesh(models.autoencoder, models.shapes.codes[0], 32, 0.5)
    content = io.BytesIO(mesh_file(mesh, suffix))
    again = trimesh.load(content, file_type=suffix[1:], force="mesh")
    assert len(again.faces) == len(mesh.triangles)
    np.testing.assert_allclose(again.bounds[0], mesh.vertices.min(axis=0), atol=1e-5)


def settled(page):
    """Wait until the mesh is as fine as it gets."""
    page.wait(lambda: f"{FINEST}³ ·" in page.text())


def test_the_mesh_follows_the_slider(port, models):
    with Page(port) as page:
        settled(page)
        page.set("B", page.controls[page.find("C")]["value"])
        page.set("Across", 0.25)
        code = mixture(models.shapes.codes[[0, 2]], [0.75, 0.25])
        wanted = code_mesh(models.autoencoder, code, DRAG, 0.5, stride=DRAG_STRIDE)
        page.wait(lambda: len(page.vertices()) == len(wanted.vertices))
        np.testing.assert_allclose(page.vertices(), wanted.vertices, atol=1e-6)
        finer = code_mesh(models.autoencoder, code, FINEST, 0.5)
        page.wait(lambda: len(page.vertices()) == len(finer.vertices))
        np.testing.assert_allclose(page.vertices(), finer.vertices, atol=1e-6)


def test_four_corners(port, models):
    with Page(port) as page:
        settled(page)
        page.set("Shapes", "4")
        page.set("Across", 1.0)
        page.set("Up", 1.0)
        wanted = code_mesh(models.autoencoder, models.shapes.codes[2], FINEST, 0.5)
        page.wait(lambda: len(page.vertices()) == len(wanted.vertices))


def test_two_pages_do_not_disturb_each_other(port):
    with Page(port) as one, Page(port) as other:
        settled(one)
        settled(other)
        meshes, shape = other.meshes, other.vertices()
        one.set("Across", 0.5)
        one.set("Iso-level", 0.3)
        one.wait(lambda: len(one.vertices()) != len(shape))
        settled(one)
        assert other.meshes == meshes and np.array_equal(other.vertices(), shape)
        assert other.controls[other.find("Across")]["value"] == 0


def test_directions(port, models):
    with Page(port) as page:
        settled(page)
        page.set("1", 2.0)
        codes = models.shapes.codes
        code = along(codes.mean(axis=0), principal_directions(codes, 1), [2])
        wanted = code_mesh(models.autoencoder, code, FINEST, 0.5)
        page.wait(lambda: len(page.vertices()) == len(wanted.vertices))


def test_the_look(port, models):
    with Page(port) as page:
        settled(page)
        page.set("Nearest shape", True)
        code, voxels = models.shapes.codes[0], models.shapes.voxels[0]
        figure = code_iou(models.autoencoder, code, voxels, 0.5)
        page.wait(lambda: f"antiqueChair, IoU {figure:.3f}" in page.text())
        page.vertices("/truth")
        page.set("Nearest shape", False)
        page.wait(lambda: "/truth" not in page.scene)
        page.set("Show", "points")
        assert (
            len(page.wait(lambda: page.scene.get("/points"))["points"]) == 2048 * 3 * 2
        )  # float16
        page.set("Show", "wireframe")
        assert page.wait(lambda: page.scene.get("/shape"))["wireframe"]
        assert "/points" not in page.scene
        page.set("Iso-level", 0.9)
        higher = code_mesh(models.autoencoder, code, FINEST, 0.9)
        page.wait(lambda: len(page.vertices()) == len(higher.vertices))


def test_download_opens_again(port, models):
    with Page(port) as page:
        settled(page)
        page.set("Download the mesh", True)
        again = trimesh.load(io.BytesIO(page.file("shape.ply")), file_type="ply")
        wanted = code_mesh(models.autoencoder, models.shapes.codes[0], FINEST, 0.5)
        assert len(again.faces) == len(wanted.triangles)


def test_samples_are_kept_and_exported(port, models):
    with Page(port) as page:
        settled(page)
        page.set("Export all kept", True)
        page.wait(lambda: "nothing is kept" in page.text())
        first = page.vertices()
        page.set("New sample", True)
        page.wait(lambda: not np.array_equal(page.vertices(), first))
        page.set("Keep this one", True)
        page.wait(lambda: page.controls[page.find("Number")]["options"] == ["0"])
        page.set("Neighbours of this sample", True)
        page.wait(lambda: page.controls[page.find("Take")]["visible"])
        settled(page)
        sample = page.vertices()
        page.set("Take", "3")
        page.wait(lambda: not np.array_equal(page.vertices(), sample))
        page.set("Keep this one", True)
        page.wait(lambda: page.controls[page.find("Number")]["options"] == ["0", "1"])
        page.set("Export all kept", True)
        archive = zipfile.ZipFile(io.BytesIO(page.file("kept.zip")))
        assert archive.namelist() == ["0.ply", "1.ply", "codes.hdf5", "sheet.png"]
        with h5py.File(io.BytesIO(archive.read("codes.hdf5"))) as file:
            codes = file["zs"][:]
        assert codes.shape == (2, 64) and not np.array_equal(*codes)
        mesh = trimesh.load(io.BytesIO(archive.read("1.ply")), file_type="ply")
        wanted = code_mesh(models.autoencoder, codes[1], FINEST, 0.5)
        assert len(mesh.faces) == len(wanted.triangles)
        page.set("Do", "forget")
        page.wait(lambda: page.controls[page.find("Number")]["options"] == ["0"])


def test_photo(port, models, checkpoints):
    _, code, unlike = models.read_photo(png(), "auto")
    assert unlike is None  # what it learned from is not stored
    wanted = code_mesh(models.autoencoder, code, FINEST, 0.5)
    for distance, words in ((0.0, LIKE), (1.0, UNLIKE)):
        codes = {"zs": code[None] + distance, "distances": np.full(3, 0.1)}
        write_arrays(checkpoints / "chairs_128/training_codes.hdf5", **codes)
        with Page(port) as page:
            settled(page)
            page.upload("Choose a picture", png())
            page.wait(lambda page=page, words=words: words in page.text())
            page.wait(lambda page=page: len(page.vertices()) == len(wanted.vertices))
            assert page.controls[page.find("As the network sees it")]["visible"]


def test_your_shape(port, models, tmp_path):
    file = tmp_path / "My Chair.obj"
    (voxels,) = models.shapes.voxels[1:2]
    mesh = voxel_mesh(voxels)
    trimesh.Trimesh(*mesh).export(file)
    with Page(port) as page:
        settled(page)
        page.upload("Choose a mesh, voxels or a scan", b"no shape", name="x.png")
        page.wait(lambda: ".obj" in page.text())
        page.upload("Choose a mesh, voxels or a scan", b"no shape", name="x.ply")
        page.wait(lambda: "the file" in page.text())
        page.upload("Choose a mesh, voxels or a scan", file.read_bytes(), name=file.name)
        page.wait(lambda: "encoder: IoU" in page.text())
        page.wait(lambda: page.controls[page.find("Walk from here")]["visible"])
        figure = float(re.search(r"fitted: IoU (0\.\d+)", page.text())[1])
        encoded = code_iou(models.autoencoder, models.shapes.codes[1], voxels, 0.5)
        assert figure > encoded
        assert len(page.vertices("/truth")) > 1000
        page.set("Walk from here", True)
        page.wait(lambda: page.controls[page.find("A")]["value"] == "your shape")


def bomb() -> bytes:
    """A small PNG of 900 million pixels."""
    content = bytearray(png())
    content[16:24] = (30000).to_bytes(4, "big") * 2
    return bytes(content)


def hostile_uploads() -> list[dict]:
    """Fifty uploads that no picture is read from."""
    good, rng = png(), np.random.default_rng(0)
    uploads = [{"content": good[:size]} for size in range(0, len(good), len(good) // 12)]
    for name in ("../../x.png", "/etc/passwd", "..\\..\\x.png", "x\0.png", "a" * 5000, "<b>x</b>"):
        uploads.append({"content": b"no picture", "name": name})
    for head in b"%PDF", b"PK\3\4", b"<svg/>", b"\x7fELF", b"%!PS", b"<html>", b"II*\0", b"GIF89":
        uploads.append({"content": head + rng.bytes(500)})
    sizes = (10**12, -1, 1, len(good) - 1, len(good) + 1)
    uploads += [{"content": bomb()}, *({"content": good, "size": size} for size in sizes)]
    uploads.append({"content": bytes(2000), "part": 1})  # more parts than are taken
    uploads += [{"content": rng.bytes(300)} for _ in range(50 - len(uploads))]
    return uploads


def files_of(*folders: Path) -> set:
    return {(path, path.stat().st_mtime_ns) for f in folders for path in f.iterdir()}


def test_hostile_uploads_do_no_harm(port, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    uploads = hostile_uploads()
    assert len(uploads) == 50
    before = files_of(Path.cwd(), Path.cwd().parent, Path(server_module.__file__).parent)
    with Page(port) as page:
        settled(page)
        for upload in uploads:
            page.upload("Choose a picture", **upload)

        def refused() -> bool:  # as soon as the others are done with
            page.upload("Choose a picture", b"words", name="../../../x.png")
            time.sleep(0.3)
            return "not a picture" in page.text()

        page.wait(refused)
        page.upload("Choose a picture", b"x" * (MOST_UPLOAD + 1), part=2**22)
        page.wait(lambda: "too large" in page.text())
        assert "../" not in page.text()
        page.set("Across", 0.5)  # it still works
        settled(page)
    assert files_of(Path.cwd(), Path.cwd().parent, Path(server_module.__file__).parent) == before


def test_wrong_messages_leave_the_page_alive(port, capfd):
    with Page(port) as page:
        settled(page)
        for value in (float("nan"), float("inf"), -5, "words", [1], None):
            page.set("Across", value)
        page.send("GuiUpdateMessage", uuid=page.find("Across"), updates={"no_such": 1})
        page.send("GuiUpdateMessage", uuid="nobody", updates={"value": 1})
        count = page.meshes
        page.set("Across", 0.75)
        page.wait(lambda: page.meshes > count)
    with Page(port) as page:
        page.send("NoSuchMessage")
    with Page(port) as page:
        settled(page)


def test_a_failure_is_words_in_the_page(port, models, monkeypatch):
    with Page(port) as page:
        settled(page)

        def fail(self, z):
            raise MemoryError("no room")

        with monkeypatch.context() as patch:
            patch.setattr(type(models.autoencoder), "field", fail)
            page.set("Across", 0.5)
            page.wait(lambda: "no room" in page.text())
            page.set("Keep this one", True)
            page.wait(lambda: "That failed" in page.text())
        count = page.meshes
        page.set("Across", 0.6)
        page.wait(lambda: page.meshes > count)


def test_only_the_page_is_served(port):
    def status(path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", path)
        return connection.getresponse().status

    assert status("/") == 200
    for path in (
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/__init__.py",
        "//etc/passwd",
        "/README.md",
    ):
        assert status(path) == 404


def test_nobody_shares_the_page(port, monkeypatch):
    opened = []
    monkeypatch.setattr(viser.ViserServer, "request_share_url", lambda *_: opened.append(1))
    with Page(port) as page:
        settled(page)
        page.send("ShareUrlRequest")
        page.set("Across", 0.3)
        settled(page)
    assert not opened


def test_another_sites_page_gets_nothing(port):
    with Page(port, Origin="http://evil.example") as page:
        page.wait(lambda: "--page_host evil.example" in page.text())
        assert "/shape" not in page.scene and "A" not in [
            control["label"] for control in page.controls.values()
        ]
    for host in (f"127.0.0.1:{port}", "models.example.org:8443"):
        with Page(port, Origin=f"http://{host}") as page:
            page.vertices()


def test_a_taken_port_is_refused(port):
    with pytest.raises(UserError, match=f"--port {port}: "):
        start_server("127.0.0.1", port, "")


def test_closed_pages_leave_no_thread(port):
    def threads() -> int:
        return len(os.listdir("/proc/self/task"))

    with Page(port) as page:
        settled(page)
    time.sleep(0.5)
    before = threads()
    for _ in range(5):
        with Page(port) as page:
            page.vertices()
    end = time.monotonic() + 10
    while threads() > before and time.monotonic() < end:
        time.sleep(0.1)
    assert threads() <= before
