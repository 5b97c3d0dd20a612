"""Fill the disk under a training at random sizes, and make it read-only; then resume.

Needs the right to mount a tmpfs (root). Prints a table: runs that ended with one line and status 2,
damaged files, and runs that were bit-equal to an undisturbed one once there was room.
"""

import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cases import CASES, contents, damaged, difference, prepare, run

from imnet.base.errors import UserError, run_program
from imnet.base.flags import option, parse_flags

PROGRAMS = ("sampling", "ae", "gan")


@dataclass(frozen=True, kw_only=True)
class Flags:
    """How often to fill the disk."""

    sizes: int = option(20, "random sizes of the disk, over all programs", least=1)
    seed: int = option(0, "decides the sizes")


def main() -> int:
    """Fill and resume; the status is 1 if anything was lost."""
    flags = parse_flags(Flags, __doc__)
    rng, folder, table = random.Random(flags.seed), Path(tempfile.mkdtemp()), Counter()
    disk = folder / "disk"
    disk.mkdir()
    try:
        prepare(folder / "stage")
        for number, (name, case) in enumerate(CASES.items()):
            before = folder / f"before_{number}"
            shutil.copytree(folder / "stage", before)
            if run(case, folder / "stage").returncode:
                raise UserError(f"{name} fails by itself")
            if name not in PROGRAMS:
                continue
            used, needed = size_of(before), size_of(folder / "stage")
            whole = contents(folder / "stage")
            place = PROGRAMS.index(name)
            runs = flags.sizes // len(PROGRAMS) + (place < flags.sizes % len(PROGRAMS))
            for attempt in range(runs + 1):  # the last one read-only
                size = int(rng.uniform(used, needed)) if attempt < runs else None
                table.update(run_on(disk, size, case, before, whole))
                print(f"{name}, {size or 'read-only'}: {dict(table)}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
    columns = ("runs", "one line", "finished", "damaged", "bit-equal")
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    print("| " + " | ".join(str(table[column]) for column in columns) + " |")
    good = table["one line"] + table["finished"] == table["bit-equal"] == table["runs"]
    return 0 if good and not table["damaged"] else 1


def run_on(disk: Path, size: int | None, case: object, before: Path, whole: dict) -> Counter:
    """Run a case on a disk of `size` bytes (None: read-only), then once more with room."""
    mount(disk, f"size={size or 2**30}")
    try:
        shutil.copytree(before, disk, dirs_exist_ok=True)
        if size is None:
            mount(disk, "remount,ro")
        done = run(case, disk)
        one_line = done.returncode == 2 and len(done.stderr.splitlines()) == 1
        if done.returncode and not one_line:
            print(done.stderr, file=sys.stderr)
        mount(disk, f"remount,rw,size={2**30}")
        lost = damaged(disk, contents(before), whole)
        differs = difference(contents(disk), whole) if not run(case, disk).returncode else "fails"
        for problem in filter(None, (lost, differs)):
            print(f"damaged or another: {problem}", file=sys.stderr)
        return Counter({
            "runs": 1, "one line": one_line, "finished": done.returncode == 0,
            "damaged": lost is not None, "bit-equal": differs is None,
        })  # fmt: skip
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def mount(disk: Path, options: str) -> None:
    """Mount a tmpfs, or mount it again with other options."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"no tmpfs can be mounted: {done.stderr.strip()}")


def size_of(folder: Path) -> int:
    """Return the bytes that a tmpfs needs for a folder: whole pages of 4096."""
    return sum(-(-path.lstat().st_size // 4096) * 4096 for path in folder.rglob("*"))


if __name__ == "__main__":
    run_program(main)
