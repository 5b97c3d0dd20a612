# PYTHON_ARGCOMPLETE_OK
"""Make three meshes to try the programs with: a chair, a table and a lamp with a curved shade.

They are OBJ files as a modelling program exports them: in millimetres, Z up, the front at -Y, away
from the origin, of several closed parts that touch or overlap, one with a space in its name.
"""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import run_program
from imnet.base.flags import REQUIRED, option, parse_flags

PLACE = (1200.0, -350.0, 0.0)  # of the shapes' middle on the floor, mm


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    output: Path = option(REQUIRED, "folder for the meshes")


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    from imnet.surfaces.mesh_files import write_mesh  # these are not for --help
    from point_sampling.fetch.simple_meshes import chair, lamp, table

    for name, mesh in (("my chair", chair()), ("lamp", lamp()), ("table", table())):
        write_mesh(options.output / f"{name}.obj", mesh.vertices + PLACE, mesh.triangles)
    print(f"{options.output}: 3 meshes")


if __name__ == "__main__":
    run_program(main)
