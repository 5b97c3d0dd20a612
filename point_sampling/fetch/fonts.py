"""Fonts of a Debian package or of a folder: whose they are, under which licence, who is named."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.files import files_below

SUFFIXES = (".otf", ".ttf", ".pfb")
TEXLIVE, AENIGMA = "texlive-fonts-extra", "fonts-aenigma"
# Licences, as TeX Live calls them, under which a letter's picture may be passed on.
FREE = ("ofl", "apache2", "pd", "cc0", "mit", "bsd", "bsd3", "gfl", "gfsl", "cc-by-1", "cc-by-4")
FREE_PREFIX = "lppl"  # of all its versions
AENIGMA_LICENCE = "free to pass on and change, with attribution (Brian Kent)"
UNKNOWN = "unknown: see the font"


@dataclass(frozen=True)
class Font:
    """A font file, with where it is from and its licence."""

    path: Path
    package: str
    licence: str


def texlive_fonts(folder: Path) -> list[Font]:
    """Find the fonts of TeX Live below a folder that are under free licences only.

    Raises UserError if there are none, or no list of licences, `Licenses.gz`, as Debian has it.
    """
    licences = next(iter(sorted(folder.rglob("Licenses.gz"))), None)
    if licences is None:
        raise UserError(f"{folder}: no Licenses.gz in it, which says what is free")
    try:
        text = gzip.decompress(licences.read_bytes()).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{licences} cannot be read: {error}") from error
    owners = read_licences(text)
    found = []
    for path in files_below(folder, SUFFIXES):
        _, _, inside = path.parent.as_posix().rpartition("texmf-dist/")
        package, licence = owners.get(inside, ("", ""))
        if is_free(licence):
            found.append(Font(path, package, licence))
    if not found:
        raise UserError(f"{folder}: no fonts under a free licence, as its Licenses.gz tells")
    return found


def read_licences(text: str) -> dict[str, tuple[str, str]]:
    """Read TeX Live's list: folder below texmf-dist → (package, its licences)."""
    owners, owner = {}, ("", "")
    for line in text.splitlines():
        if line.startswith("texmf-dist/"):
            owners[line.removeprefix("texmf-dist/").removesuffix("/*")] = owner
        elif ": " in line:
            package, _, licence = line.partition(": ")
            owner = package, licence.strip()
    return owners


def is_free(licence: str) -> bool:
    """Whether all of some licences, separated by blanks, are free; False if none is named."""
    names = licence.split()
    return bool(names) and all(n in FREE or n.startswith(FREE_PREFIX) for n in names)


def find_fonts(package: str | None, folder: Path) -> list[Font]:
    """Find the fonts below the folder of a Debian package's files, or (None) of one's own.

    Raises UserError if there are none.
    """
    if package == TEXLIVE:
        return texlive_fonts(folder)
    fonts = [
        Font(path, AENIGMA, AENIGMA_LICENCE) if package else Font(path, path.parent.name, UNKNOWN)
        for path in files_below(folder, SUFFIXES)
    ]
    if not fonts:
        raise UserError(f"{folder}: no fonts ({' '.join(SUFFIXES)}) in it")
    return fonts


def attribution(letter: str, package: str | None, folder: Path, fonts: list[Font]) -> str:
    """Write the attribution of a letter's pictures as Markdown.

    `package` and `folder` as in `find_fonts`.
    """
    where = f"Debian's `{package}`" if package else f"the folder `{folder.resolve().name}`"
    lines = [
        "# Attribution",
        "",
        f"`get_glyphs.py` drew the letter {letter} from fonts of {where}. Changes made: drawn as",
        f"pixels, scaled, centred. `{letter}*.csv` lists the font of each picture.",
        "",
        "| package | licences, as the package names them | fonts |",
        "|---|---|---|",
    ]
    licences = {font.package: font.licence for font in fonts}
    for owner, licence in sorted(licences.items()):
        name = f"[{owner}](https://ctan.org/pkg/{owner})" if package == TEXLIVE else owner
        count = sum(font.package == owner for font in fonts)
        lines.append(f"| {name} | {licence} | {count} |")
    return "\n".join(lines) + "\n"
