"""The viewer in a real browser: what a user does there, and that nothing goes wrong."""

import numpy as np
import pytest
import trimesh
from PIL import Image
from viewer_models import DRAG, FINEST, make_checkpoints, options, png

from imnet.base.errors import UserError
from imnet_viewer.app import serve
from imnet_viewer.loading import load_models
from imnet_viewer.meshing import code_mesh, voxel_mesh
from imnet_viewer.page_files import walk_page
from imnet_viewer.panels.photo import UNKNOWN
from imnet_viewer.recording.browser import browser_page, find_browser
from imnet_viewer.server import start_server

pytest.importorskip("playwright", reason="the package playwright is not installed")
try:
    find_browser()
except UserError as error:
    pytest.skip(str(error), allow_module_level=True)

PATIENCE = 90_000  # milliseconds: software draws the page, on a machine that may be busy


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return load_models(options(make_checkpoints(tmp_path_factory.mktemp("viewer"))))


@pytest.fixture(scope="module")
def port(models):
    server = serve(models, "127.0.0.1", 0, DRAG, FINEST)
    yield server.get_port()
    server.stop()


def test_what_a_user_does(port, models, tmp_path):
    errors, requests = [], []
    with browser_page(1000, 700) as page:
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"http://127.0.0.1:{port}")
        figures = page.get_by_text("triangles")

        def picture() -> np.ndarray:
            page.get_by_text(f"{FINEST}³ ·").wait_for()
            page.wait_for_timeout(500)  # until it is drawn
            page.screenshot(path=tmp_path / "page.png")
            shot = np.asarray(Image.open(tmp_path / "page.png").convert("RGB"), np.int16)
            return shot[200:, :600]  # beside the controls and viser's note

        def changed(before: str) -> None:
            page.wait_for_function(
                "before => document.body.innerText.includes('triangles') && "
                "!document.body.innerText.includes(before)", arg=before,
            )  # fmt: skip

        figures.wait_for()
        first, words = picture(), figures.inner_text().split(" · ")[1]
        assert (first.std(axis=(0, 1)) > 5).all()  # a shape on the background

        page.locator("[role=slider]:visible").first.press("End")
        changed(words)
        assert (abs(picture() - first) > 30).any(axis=2).mean() > 0.01

        words = figures.inner_text().split(" · ")[1]
        page.get_by_role("tab", name="Sample").click()
        page.get_by_role("button", name="New sample").click()
        changed(words)

        page.get_by_role("tab", name="Photo").click()
        upload = {"name": "chair.png", "mimeType": "image/png", "buffer": png()}
        page.locator("input[type=file]").set_input_files([upload])
        page.get_by_text(UNKNOWN).wait_for()
        page.get_by_text("As the network sees it").wait_for()

        own = tmp_path / "My Chair.obj"
        trimesh.Trimesh(*voxel_mesh(models.shapes.voxels[1])).export(own)
        page.get_by_role("tab", name="Your shape").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a mesh, voxels or a scan").click()
        chooser.value.set_files(own)
        page.get_by_role("button", name="Walk from here").wait_for()  # the fit has ended
        fitted = picture()
        page.get_by_text("encoder", exact=True).click()
        page.wait_for_timeout(2000)
        assert (abs(picture() - fitted) > 30).any(axis=2).mean() > 0.001
        page.get_by_role("button", name="Walk from here").click()
        page.get_by_role("tab", name="Walk").click()

        with page.expect_download() as download:
            page.get_by_role("button", name="Download the mesh").click()
        download.value.save_as(tmp_path / "shape.ply")
        assert len(trimesh.load(tmp_path / "shape.ply").faces) > 100
    assert not errors
    own = (f"http://127.0.0.1:{port}/", f"blob:http://127.0.0.1:{port}/", "data:")
    assert [url for url in requests if not url.startswith(own)] == []


def test_a_written_page_loads_nothing_and_moves(tmp_path):
    models = load_models(options(make_checkpoints(tmp_path / "checkpoints")))
    meshes = [code_mesh(models.autoencoder, z, DRAG, 0.5) for z in models.shapes.codes[:2]]
    server = start_server("127.0.0.1", 0, "")
    (tmp_path / "walk.html").write_text(walk_page(server, meshes, 1), encoding="utf-8")
    server.stop()
    errors, requests = [], []
    with browser_page(800, 300) as page:
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"file://{tmp_path / 'walk.html'}")
        page.locator("canvas").first.wait_for()
        shapes: set[bytes] = set()
        for _ in range(100):  # until both were seen
            page.wait_for_timeout(200)
            page.screenshot(path=tmp_path / "page.png")
            shot = np.asarray(Image.open(tmp_path / "page.png").convert("L"))[:230, 330:470]
            if shot.std() > 5:
                shapes.add(shot.tobytes())
            if len(shapes) > 1:
                break
    assert len(shapes) > 1 and not errors
    assert [url for url in requests if not url.startswith(("file://", "blob:", "data:"))] == []
