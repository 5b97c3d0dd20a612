# PYTHON_ARGCOMPLETE_OK
"""Make 64³ binvox shapes of planes out of Debian's package flightgear-data-ai.

planes.csv lists the models. They are under the GPL, version 2 or later, which also binds those who
pass grids made from them on. None of them is in this repository.
"""

import re
import tempfile
from functools import partial
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.flags import parse_flags
from point_sampling.fetch.debian import PackageFlags, make_shapes, read_selection, unpack

SELECTION = Path(__file__).parents[1] / "planes.csv"
_PACKAGE = "flightgear-data-ai"
_AIRCRAFT = "AI/Aircraft"
# not parts of a plane: discs of turning propellers, parachutes, lights
_NOT_PLANE = re.compile("disk|disc|fast|blur|chute|light|flare", re.IGNORECASE)


def make_shape(aircraft: Path, output: Path, name: str, member: str) -> None:
    """Voxelize one model `<aircraft>/<member>` into `<output>/<name>.binvox`."""
    from imnet.surfaces.binvox import write_binvox  # these are not for --help
    from imnet.surfaces.reading import read_triangles
    from imnet.surfaces.solid import max_pool
    from imnet.surfaces.voxelize import axes_to_shapenet, voxelize
    from point_sampling.fetch.ac3d import read_ac3d

    reader = partial(read_ac3d, skip=_NOT_PLANE)
    triangles = read_triangles(aircraft / member, reader=reader)
    rotation = axes_to_shapenet(up="+y", front="-x")
    grid = voxelize(triangles @ rotation.T, name)
    write_binvox(output / f"{name}.binvox", max_pool(grid, 64))


def find_aircraft(folder: Path) -> Path:
    """Find the folder AI/Aircraft, which is `folder` or below it."""
    found = [folder] if folder.match(_AIRCRAFT) else sorted(folder.rglob(_AIRCRAFT))
    if not found:
        raise UserError(f"--package {folder}: no {_AIRCRAFT} in it")
    return found[0]


def main() -> int:
    options = parse_flags(PackageFlags, __doc__)
    members = {row["id"]: row["member"] for row in read_selection(SELECTION)}
    with tempfile.TemporaryDirectory() as folder:
        aircraft = find_aircraft(unpack(_PACKAGE, options.package, Path(folder)))
        work = partial(make_shape, aircraft, options.output)
        made = make_shapes(work, members, options.pool)
    print(f"{options.output}: {len(made)} shapes")
    return 0 if len(made) == len(members) else 2


if __name__ == "__main__":
    run_program(main)
