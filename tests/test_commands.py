"""Every command of the documents and of the demo is one that its own program takes."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md")])
PROGRAMS = ("IMGAN", "IMGAN2D", "IMSVR", "point_sampling", "evaluation", "viewer", "benchmarks")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"python ((?:[\w./]+/)?\w+\.py)([^`\n]*)")

# Reads [folder, program, words] by line, lets the program parse the words, and writes its answers.
PARSE = """
import json, os, runpy, sys
from imnet.base import errors, flags

class Parsed(Exception):
    pass

def parse_flags(*arguments, own=flags.parse_flags, **more):
    own(*arguments, **more)
    raise Parsed

flags.parse_flags = parse_flags
for line in sys.stdin:
    folder, program, words = json.loads(line)
    os.chdir(folder)
    sys.argv = [program, *words]
    sys.path.insert(0, os.path.dirname(os.path.abspath(program)))
    try:
        runpy.run_path(program, run_name="program")["main"]()
        answer = "it does not parse its flags"
    except Parsed:
        answer = None
    except SystemExit as end:  # --help, --version
        answer = end.code or None
    except errors.UserError as error:
        answer = str(error)
    print("\\n\\x1e" + json.dumps(answer))
"""


def places_of(document: Path, text: str, position: int) -> list[Path]:
    """The folders that a command of a document may be meant for, by the words before it."""
    fence = next((f for f in FENCE.finditer(text) if f.start(1) <= position < f.end(1)), None)
    told = re.findall(
        r"[Ii]n `?(\w+)`?(?:,? or `(\w+)`)?|cd (?:\.\./)*(\w+)",
        text[: fence.start() if fence else text.find("\n", position)],
    )
    named = [[ROOT / name for name in names if name in PROGRAMS] for names in told]
    places = next((p for p in reversed(named) if p), [])
    if document.parent.name in PROGRAMS:
        places = [*places, document.parent]
    if fence:
        moves = re.findall(r"^cd (\S+)", fence[1][: position - fence.start(1)], re.MULTILINE)
        start = ROOT if moves and (ROOT / moves[0]).is_dir() else (places or [ROOT])[0]
        for move in moves:
            start = (start / move).resolve()
        places = [start, *([] if moves else places)]
    return [*places, ROOT]


def commands() -> dict[str, list[tuple[Path, str, list[str]]]]:
    """Each command as the documents have it, with the folders and programs that it may be for."""
    found = {}
    for document in DOCUMENTS:
        text = document.read_text().replace("\\\n", "  ")
        for match in COMMAND.finditer(text):
            program, words = match[1], re.split(r"\s#|&&|\|\||;|\s>\s", match[2])[0]
            if "..." in words or "$" in words or not words.strip() or "tests/" in program:
                continue
            places = places_of(document, text, match.start())
            if program != "main.py":  # the only one of its name
                places += [ROOT / name for name in PROGRAMS]
            places = [place for place in places if (place / program).is_file()]
            name = f"{document.relative_to(ROOT)}: {match[0]}"
            if places and "run_program(main)" not in (places[0] / program).read_text():
                continue  # a benchmark, or a tool of the tests
            plain = re.sub(r"\|[\w.]+", "", re.sub(r"\bN\b", "9", words))  # A|B, a number N
            found[name] = [(place, program, shlex.split(plain)) for place in places]
    return found


def parsed(wanted: list[tuple[Path, str, list[str]]]) -> list[str | None]:
    """What is wrong with each of some commands; None for those that their programs take."""
    lines = "".join(json.dumps([str(place), *rest]) + "\n" for place, *rest in wanted)
    done = subprocess.run(
        [sys.executable, "-c", PARSE], input=lines, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    answers = [line[1:] for line in done.stdout.split("\n") if line.startswith("\x1e")]
    assert len(answers) == len(wanted)
    return [json.loads(answer) for answer in answers]


def test_commands_of_the_documents():
    found = commands()
    assert len(found) > 80
    candidates = [candidate for several in found.values() for candidate in several]
    answers = iter(parsed(candidates))
    wrong = {}
    for name, several in found.items():
        said = [next(answers) for _ in several]
        if not any(answer is None or answer.endswith("no such folder") for answer in said):
            wrong[name] = said
    assert not wrong


def test_programs_of_the_scripts_are_there():
    scripts = [path for depth in ("*", "*/*", "*/*/*") for path in ROOT.glob(f"{depth}.sh")]
    assert len(scripts) > 8
    named = {
        (script, program)
        for script in scripts
        if ".venv" not in script.parts
        for program in re.findall(r"python ((?:[\w./]+/)?\w+\.py)", script.read_text())
    }
    places = [ROOT, *(ROOT / name for name in PROGRAMS), ROOT / "evaluation/paper"]
    missing = [(s, p) for s, p in named if not any((place / p).is_file() for place in places)]
    assert named and not missing


DEMO = """
python() {
    printf '%s\\0' "$PWD" "$@" >>"$LOG"; echo >>"$LOG"
    for word; do [ "${last:-}" != --output ] || case $word in
        *.hdf5) touch "$word" ;;
        *) touch "${word}_test.txt" ;;
    esac; last=$word; done
}
export -f python
install() { :; }
"""


@pytest.mark.parametrize("arguments", [[], ["svr"]])
def test_commands_of_the_demo(tmp_path, arguments):
    """Its steps one after the other, with a shell's python that only notes what it is given."""
    for name in ("IMGAN", "IMSVR", "evaluation", "point_sampling"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "demo.sh").write_text((ROOT / "demo.sh").read_text())
    (tmp_path / "environment.sh").write_text(DEMO)
    log = tmp_path / "log"
    done = subprocess.run(
        ["bash", "demo.sh", *arguments],
        cwd=tmp_path,
        env={**os.environ, "LOG": str(log)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    wanted = [line.rstrip("\0").split("\0") for line in log.read_text().splitlines()]
    assert len(wanted) == (8 if arguments else 17)
    commands = [(Path(place), program, words) for place, program, *words in wanted]
    assert [answer for answer in parsed(commands) if answer] == []
    sheets = re.findall(r"\S+\.png", done.stdout)
    assert sheets and all(Path(sheet).parents[1] == tmp_path / "demo" for sheet in sheets)
