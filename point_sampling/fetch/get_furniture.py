# PYTHON_ARGCOMPLETE_OK
"""Make 64³ binvox shapes of real furniture out of Debian's package sweethome3d-furniture.

furniture.csv lists the models, all of them CC0 or CC BY. ATTRIBUTION.md names their creators.
"""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.files import files_below, written_whole
from imnet.base.flags import option, parse_flags
from point_sampling.fetch.debian import PackageFlags, make_shapes, read_selection, unpack

SELECTION = Path(__file__).parents[1] / "furniture.csv"
_PACKAGE = "sweethome3d-furniture"
LICENSES = {
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY 3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC BY 3.0 US": "https://creativecommons.org/licenses/by/3.0/us/",
}


@dataclass(frozen=True, kw_only=True)
class Flags(PackageFlags):
    classes: tuple[str, ...] = option(("chair", "table"), "classes of furniture.csv")


def selection(classes: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of furniture.csv of these classes. Raises UserError for an unknown class."""
    rows = read_selection(SELECTION)
    known = {row["class"] for row in rows}
    for name in classes:
        if name not in known:
            raise UserError(f"--classes {name}: there are {' '.join(sorted(known))}")
    return [row for row in rows if row["class"] in classes]


def find_libraries(folder: Path) -> Path:
    """Find the folder with the .sh3f libraries, which is `folder` or below it."""
    found = files_below(folder, [".sh3f"])
    if not found:
        raise UserError(f"--package {folder}: no .sh3f library in it")
    return found[0].parent


def attribution(rows: list[dict[str, str]]) -> str:
    """Write the attribution list of the models in these rows, as Markdown."""
    lines = [
        "# Attribution",
        "",
        f"These 64³ grids were made by `get_furniture.py` from 3D models of Debian's `{_PACKAGE}`",
        "(libraries for Sweet Home 3D). Changes made: turned, centred, scaled, voxelized, filled.",
        "",
        *(f"- {short}: <{link}>" for short, link in LICENSES.items()),
        "",
        "| file | name | creator | library | licence |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (row[key] for key in ("name", "creator", "library", "license"))
        lines.append(f"| {row['class']}/{row['id']}.binvox | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    options = parse_flags(Flags, __doc__)
    from point_sampling.fetch.furniture_models import make_shape  # not for --help

    rows = {f"{row['class']}/{row['id']}": row for row in selection(options.classes)}
    with tempfile.TemporaryDirectory() as folder:
        libraries = find_libraries(unpack(_PACKAGE, options.package, Path(folder)))
        work = partial(make_shape, libraries, options.output)
        made = make_shapes(work, rows, options.pool)
    with written_whole(options.output / "ATTRIBUTION.md") as beside:
        beside.write_text(attribution([rows[name] for name in made]), encoding="utf-8")
    print(f"{options.output}: {len(made)} shapes and ATTRIBUTION.md")
    return 0 if len(made) == len(rows) else 2


if __name__ == "__main__":
    run_program(main)
