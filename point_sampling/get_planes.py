"""Make 64³ binvox shapes of planes out of Debian's package flightgear-data-ai.

The models are those of planes.csv, under the GPL version 2 or later: use the grids as you like,
but who passes them on is bound by it. None of them is in this repository.
"""

import argparse
import csv
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.parallel import check_workers, over_shapes
from point_sampling.ac3d import read_ac3d
from point_sampling.binvox import write_binvox
from point_sampling.debian import add_package, unpack
from point_sampling.solid import max_pool
from point_sampling.voxelize import axes_to_shapenet, voxelize

_SELECTION = Path(__file__).with_name("planes.csv")
_PACKAGE = "flightgear-data-ai"
_AIRCRAFT = "AI/Aircraft"
# no part of the plane: discs of turning propellers, parachutes, lights
_NOT_PLANE = re.compile("disk|disc|fast|blur|chute|light|flare", re.IGNORECASE)
_TO_SHAPENET = axes_to_shapenet(up="+y", front="-x")


def make_shape(aircraft: Path, output: Path, name: str, member: str) -> None:
    """Voxelize one model `<aircraft>/<member>` into `<output>/<name>.binvox`."""
    path = aircraft / member
    try:
        triangles = read_ac3d(path.read_text(errors="replace"), _NOT_PLANE)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if not len(triangles):
        raise UserError(f"{path} has no faces")
    grid = voxelize(triangles @ _TO_SHAPENET.T, name)
    write_binvox(output / f"{name}.binvox", max_pool(grid, 64))


def find_aircraft(folder: Path) -> Path:
    """The folder AI/Aircraft, somewhere below `folder` or itself."""
    found = [folder] if folder.match(_AIRCRAFT) else sorted(folder.rglob(_AIRCRAFT))
    if not found:
        raise UserError(f"--package {folder}: no {_AIRCRAFT} in it")
    return found[0]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--output", type=Path, required=True, help="folder for <id>.binvox")
    add_package(parser, _PACKAGE, "its files unpacked")
    options = parser.parse_args()
    check_workers(options.workers)

    with _SELECTION.open(encoding="utf-8", newline="") as file:
        members = {row["id"]: row["member"] for row in csv.DictReader(file)}
    made = 0
    with tempfile.TemporaryDirectory() as folder:
        aircraft = find_aircraft(unpack(_PACKAGE, options.package, Path(folder)))
        work = partial(make_shape, aircraft, options.output)
        for name, _, reason in over_shapes(work, sorted(members.items()), options.workers):
            made += reason is None
            if reason is not None:
                print(f"skipped {name}: {reason}", file=sys.stderr)
    if not made:
        raise UserError("no shape could be made")
    print(f"{options.output}: {made} shapes")
    return 0 if made == len(members) else 2


if __name__ == "__main__":
    run_program(main)
