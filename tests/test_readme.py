"""The documents hold: the README's example runs, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import sample

from imnet.programs.versions import VERSIONS
from point_sampling import improved
from point_sampling.original import QUOTAS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md")])
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_example_writes_a_mesh(tmp_path):
    (code,) = (text for kind, text in FENCED.findall((ROOT / "README.md").read_text()) if kind)
    (tmp_path / "chairs").mkdir()
    for chair in sorted((ROOT / "point_sampling/furniture/chair").rglob("*.binvox"))[:2]:
        (tmp_path / "chairs" / chair.name).symlink_to(chair)
    sample(tmp_path / "chairs", tmp_path / "IMGAN/data/chair_vox.hdf5", check=True)
    (tmp_path / "IMGAN/pretrained").symlink_to(ROOT / "IMGAN/pretrained")
    example = tmp_path / "example" / "example.py"  # away from that IMGAN, which is no package
    example.parent.mkdir()
    example.write_text(code)
    done = subprocess.run([sys.executable, example], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    header = (tmp_path / "between.ply").read_bytes()[:500].decode(errors="replace")
    assert int(re.search(r"element face (\d+)", header)[1]) > 1000


def test_formats_has_the_sizes_and_the_places():
    text = (ROOT / "supplementary_material/formats.md").read_text()
    for r, quota in QUOTAS.items():
        assert f"| `points_{r}`, `values_{r}` | [N, {quota}, 3], [N, {quota}, 1] |" in text
    assert f"| {', '.join(map(str, improved.QUOTAS.values()))} points |" in text
    for version in VERSIONS.values():
        for template in (version.autoencoder, version.image_encoder, version.codes):
            below = template.removeprefix("{checkpoint_dir}/").replace("{", "<").replace("}", ">")
            assert f"`{below.replace('<name>', '<dataset>')}" in text.replace(
                "<checkpoint_dir>/", ""
            )


SCRIPTS = [
    *("point_sampling/hold_out.sh", "evaluation/paper/experiment.sh"),
    *("evaluation/paper/experiment_2d.sh", "evaluation/paper/time_to_quality.sh"),
    *("IMGAN/train_shipped.sh", "IMSVR/train_shipped.sh"),
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_without_its_arguments_says_what_they_are(script):
    done = subprocess.run([ROOT / script], capture_output=True, text=True)
    assert done.returncode == 2 and f"{Path(script).name} " in done.stderr
    assert "unbound" not in done.stderr


@pytest.mark.parametrize("script", SCRIPTS[:2])
def test_a_class_that_there_is_not_leaves_nothing(script, tmp_path):
    done = subprocess.run([ROOT / script, "boat", "real", tmp_path / "new"], capture_output=True)
    assert done.returncode == 2 and b"error: boat real: give chair" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(document):
    text = FENCED.sub("", document.read_text())
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    for link in links:
        path, _, heading = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        if heading:
            headings = re.findall(r"^#+ (.*)", target.read_text(), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings]
            assert heading in anchors, link
    for path in re.findall(
        r"`((?:imnet|IMGAN|IMGAN2D|IMSVR|evaluation|point_sampling)/\w[\w/]*\.py)`", text
    ):
        assert (ROOT / path).is_file(), path
