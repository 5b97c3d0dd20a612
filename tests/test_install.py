"""An installed package is whole: its networks, its programs, and no names that are others' too."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib", reason="Python 3.10 does not read TOML")
ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SCRIPTS = PROJECT["project"]["scripts"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel of a copy of this project, unpacked as pip does it."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    kept = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    for name in kept:
        if not name.startswith(("tests/", "img/", "supplementary_material/", "benchmarks/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).symlink_to(ROOT / name)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run([*build, "--wheel-dir", folder, source], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed, script, *words):
    """Run a console script in a folder of its own; return what it printed."""
    module, function = SCRIPTS[script].split(":")
    code = f"import sys; sys.argv[0] = {script!r}; from {module} import {function} as run; run()"
    folder = installed.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_installed(installed):
    places = {path.name for path in installed.iterdir()}
    packages = {name.split(".")[0] for name in PROJECT["tool"]["setuptools"]["packages"]}
    assert {name for name in places if not name.endswith(".dist-info")} == packages
    assert not packages & {"viewer", "evaluation", "benchmarks", "tests"}
    sources = {path.parent.relative_to(ROOT) for path in ROOT.glob("imnet/**/__init__.py")}
    assert {".".join(source.parts) for source in sources} <= {
        name for name in PROJECT["tool"]["setuptools"]["packages"] if name.startswith("imnet")
    }


def test_the_shipped_networks_sample_from_any_folder(installed):
    shipped = ["--dataset", "chairs", "--checkpoint_dir", "pretrained"]
    flags = ["--samples", "2", "--resolution", "32", "--sample_dir", "out"]
    said = run(installed, "imnet-gan", *shipped, *flags)
    assert str(installed / "IMGAN/pretrained/chairs_64") in said and "2 meshes" in said
    assert (installed.parent / "elsewhere/out/out1.dae").stat().st_size > 10_000


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_console_scripts_start(installed, script):
    assert run(installed, script, "--version").startswith("implicit-decoder 1.")


def test_one_list_of_requirements():
    """requirements.txt names nothing that pyproject.toml does not."""
    for name, wanted in (("requirements.txt", "-e ."), ("requirements-dev.txt", "-e .[test]")):
        lines = (ROOT / name).read_text().splitlines()
        assert [line for line in lines if line and not line.startswith("#")] == [wanted]
