"""Files: found in folders, written whole or not at all, text and tables as people have them."""

import codecs
import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imnet.base.errors import UserError, full_disk, one_line

MESH_FORMATS = (".dae", ".ply", ".obj", ".stl", ".glb", ".off")  # that meshes are written in
NO_DATA_FOLDERS = ("__MACOSX",)  # which zip files made on a Mac contain
_MESHES = {  # suffix → how such a file begins; OBJ last, because others may have lines like its
    ".glb": rb"glTF[\1\2]\0\0\0",
    ".ply": rb"ply\s.*?\bformat (ascii|binary)",
    ".dae": rb"<.*?<COLLADA\b",
    ".gltf": rb"\{.*\"asset\"\s*:",
    ".fbx": rb"Kaydara FBX Binary|; FBX ",
    ".off": rb"(ST|C|N)*OFF\s",
    ".stl": rb"solid\b.*?\bfacet\s+normal\b",
    ".binvox": rb"#binvox\b",
    ".obj": rb"(.*?\n)??v([ \t]+[-+]?\d[-+.\deE]*){3}",
}
_ARCHIVES = (b"PK\3\4", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; rename it to `path` if the block succeeds.

    If it fails, nothing is left. The temporary name keeps the suffix of `path`, because many
    writers choose the format by it. The folder is made if it is missing; a link is followed.

    Raises:
        UserError: `path` is a folder, a device or another thing that is no file.
        OSError: the disk is full. It names `path`, whatever the writer raised.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is no ordinary file: name another to write to")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield beside
        os.replace(beside, path)
    except Exception as error:
        number = full_disk(error)
        if number is None or getattr(error, "filename", None) not in (None, str(beside)):
            raise
        raise OSError(number, os.strerror(number), str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def files_below(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """Find the files with one of `suffixes` (lower case) in `folder` and below it, sorted.

    Links to folders are followed, except back to a folder that they are in. Hidden files and
    folders (.ipynb_checkpoints) and __MACOSX are left out.
    """
    suffixes, found = tuple(suffixes), []

    def search(place: Path, above: frozenset[str]) -> None:
        above |= {os.path.realpath(place)}
        for path in place.iterdir():
            if path.name.startswith(".") or path.name in NO_DATA_FOLDERS:
                continue
            if path.is_dir():
                if os.path.realpath(path) not in above:
                    search(path, above)
            elif path.suffix.lower() in suffixes and path.is_file():
                found.append(path)

    search(folder, frozenset())
    return sorted(found)


def other_thing(content: bytes) -> str | None:
    """Recognise a file that often bears the name of another kind, such as a web page; else None.

    `content` is the file's first 1024 bytes or more. The answer completes "it is ...".
    """
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not content:
        return "empty"
    if not content.strip(b"\0"):
        return "only zeros at its start: copy or download it again"
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page: download the file that the page offers"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file itself: fetch that with 'git lfs pull'"
    if content.startswith(b"PK") and b".npy" in content[:64]:
        return "an archive of NumPy arrays (.npz)"
    if content.startswith(_ARCHIVES):
        return "a compressed archive: unpack it"
    return None


def mesh_kind(content: bytes) -> str | None:
    """Recognise a mesh file by its content: the suffix that it should have, or None."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for suffix, pattern in _MESHES.items():
        if re.match(pattern, start, re.DOTALL):
            return suffix
    return None


def read_text(path: str | Path) -> str:
    """Read a text file, UTF-8 or UTF-16 with a byte order mark; bytes that are neither are kept.

    They become surrogates, as Python has them in file names. Raises UserError if it cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def read_csv(path: str | Path) -> list[list[str]]:
    """Read the rows of a CSV file, without the blanks behind each cell; a blank row has no cells.

    Raises UserError if it cannot be read.
    """
    try:
        rows = list(csv.reader(io.StringIO(read_text(path), newline="")))
    except csv.Error as error:
        raise UserError(f"{path} cannot be read as CSV: {one_line(error)}") from error
    rows = [[cell.rstrip() for cell in row] for row in rows]
    return [row if any(row) else [] for row in rows]


def write_json(path: str | Path, content: Any) -> None:
    """Write content as JSON, whole or not at all. ValueError for numbers that JSON has not."""
    with written_whole(path) as beside:
        beside.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")


def write_csv(path: str | Path, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a heading and rows as CSV, whole or not at all; None is an empty cell."""
    with (
        written_whole(path) as beside,
        open(beside, "w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        csv.writer(file, lineterminator="\n").writerows([heading, *rows])
