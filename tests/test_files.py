"""Files as people have them: any names, links, byte order marks; and a disk that is full."""

import os
import subprocess
import sys

import pytest

from imnet.base.errors import UserError, full_disk, one_line
from imnet.base.files import files_below, read_csv, write_csv, written_whole
from imnet.base.names import read_names, write_names


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def test_links_to_folders_are_followed_and_loops_are_not(tmp_path):
    real = touch(tmp_path / "elsewhere/more/a.OBJ").parents[1]
    folder = tmp_path / "shapes"
    touch(folder / "own/b.obj")
    (folder / "link").symlink_to(real)
    (folder / "own/loop").symlink_to(folder)
    (folder / "dead").symlink_to(tmp_path / "gone")
    (folder / "dead.obj").symlink_to(tmp_path / "gone.obj")
    assert files_below(folder, [".obj"]) == [folder / "link/more/a.OBJ", folder / "own/b.obj"]


def test_hidden_folders_and_those_of_other_programs_are_left_out(tmp_path):
    for name in (".ipynb_checkpoints/a.obj", "__MACOSX/b.obj", "x/.git/c.obj", "._d.obj"):
        touch(tmp_path / name)
    (tmp_path / "folder.obj").mkdir()
    good = touch(tmp_path / "good.obj")
    assert files_below(tmp_path, [".obj"]) == [good]
    hidden = touch(tmp_path / ".hidden/e.obj")  # asked for by name
    assert files_below(hidden.parent, [".obj"]) == [hidden]


@pytest.mark.parametrize(
    "content",
    [
        b"a\nb c\n",
        b"\xef\xbb\xbfa\r\nb c\r\n",
        b"a \nb c\t\n\n \n",
        b"a\rb c",
        "a\r\nb c\r\n".encode("utf-16"),
    ],
)
def test_lists_as_people_write_them(tmp_path, content):
    path = tmp_path / "names.txt"
    path.write_bytes(content)
    assert read_names(path) == ["a", "b c"]
    path.write_bytes(content.replace(b" c", b",c"))
    if b"\0" not in content:
        assert [row for row in read_csv(path) if row] == [["a"], ["b", "c"]]


def test_names_of_any_bytes_come_back(tmp_path):
    names = [os.fsdecode(b"caf\xe9"), "page\x0cbreak", "line\u2028separator", " led by a blank"]
    write_names(tmp_path / "names.txt", names)
    assert read_names(tmp_path / "names.txt") == names
    rows = [[name, name] for name in names]
    write_csv(tmp_path / "names.csv", ["name", "family"], rows)
    assert read_csv(tmp_path / "names.csv") == [["name", "family"], *rows]


def test_lists_that_cannot_be_read(tmp_path):
    (tmp_path / "twice.txt").write_text("a\nb\na \n")
    with pytest.raises(UserError, match=r"twice\.txt: a .*more than once"):
        read_names(tmp_path / "twice.txt")
    with pytest.raises(UserError, match=r"gone\.txt .*No such file"):
        read_names(tmp_path / "gone.txt")


def test_a_full_disk_is_found_behind_other_errors(tmp_path):
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError:
            raise RuntimeError("cannot close") from None
    except RuntimeError as error:
        assert full_disk(error) == 28
    assert full_disk(ValueError("errno = 28, 'No space left on device'")) == 28
    assert full_disk(ValueError("28")) is full_disk(None) is None
    with pytest.raises(OSError) as raised, written_whole(tmp_path / "a.png"):
        raise RuntimeError("error message = 'No space left on device'")
    assert raised.value.filename == str(tmp_path / "a.png")
    assert one_line(ValueError("a\n\n  b")) == "a b" and one_line(KeyError()) == "KeyError"


PROGRAM = """
import sys
from imnet.base.errors import UserError, run_program

def main():
    if sys.argv[1] == "print":
        print("to a full disk")
    elif sys.argv[1] == "lines":
        raise UserError("two\\nlines")
    else:
        raise RuntimeError("No space left on device")

run_program(main)
"""


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("print", "error: No space left on device"),
        ("lines", "error: two lines"),
        ("other", "error: No space left on device"),
    ],
)
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_program_ends_in_one_line(what, line):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-c", PROGRAM, what]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (2, f"{line}\n")
