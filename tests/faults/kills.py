"""Kill -9 every program at random moments, resume it, and compare what it leaves.

Prints a table: kills, how many were resumed by the same command, how many of them then held the
same as an uninterrupted run, bit for bit, and how many left a damaged file.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cases import CASES, KILLED, Case, contents, damaged, difference, prepare, run

from imnet.base.errors import UserError, run_program
from imnet.base.flags import option, parse_flags


@dataclass(frozen=True, kw_only=True)
class Flags:
    """How much to kill."""

    kills: int = option(50, "in all, spread over the programs", least=1)
    seed: int = option(0, "decides the moments")
    programs: tuple[str, ...] = option(KILLED, "which to kill", choices=KILLED)
    folder: Path | None = option(None, "where to work; a temporary folder by default")


def main() -> int:
    """Kill, resume, compare; the status is 1 if anything was lost."""
    flags = parse_flags(Flags, __doc__)
    folder = Path(tempfile.mkdtemp(dir=flags.folder))
    try:
        table = kill_all(folder, flags.programs, flags.kills, random.Random(flags.seed))
    finally:
        shutil.rmtree(folder)
    print("| program | kills | resumed | bit-equal | damaged files |\n|---|---|---|---|---|")
    for name, row in [*table.items(), ("all", sum(table.values(), Counter()))]:
        print(f"| {name} | {row['kills']} | {row['resumed']} | {row['equal']} | {row['lost']} |")
    all_rows = sum(table.values(), Counter())
    return 0 if all_rows["equal"] == all_rows["kills"] and not all_rows["lost"] else 1


def kill_all(
    folder: Path, programs: tuple[str, ...], kills: int, rng: random.Random
) -> dict[str, Counter]:
    """Run all cases once, each from a copy of what was there before; then kill the named ones."""
    stage, table = folder / "stage", {}
    prepare(stage)
    for number, (name, case) in enumerate(CASES.items()):
        before = folder / f"before_{number}"
        if name in programs:
            shutil.copytree(stage, before)
        began = time.monotonic()
        done = run(case, stage)
        seconds = time.monotonic() - began
        if done.returncode:
            raise UserError(f"{name} fails by itself: {done.stderr}")
        if name in programs:
            whole = contents(stage)
            share = kills // len(programs) + (programs.index(name) < kills % len(programs))
            table[name] = Counter()
            while table[name]["kills"] < share:
                moment = rng.uniform(0, seconds)
                outcome = kill_once(
                    case, before, whole, folder / "killed", lambda _, since, m=moment: since >= m
                )
                table[name].update(outcome)
                print(f"{name}: {dict(outcome)}", file=sys.stderr, flush=True)
    return table


def kill_once(
    case: Case, before: Path, whole: dict, folder: Path, come: Callable[[Path, float], bool]
) -> Counter:
    """Kill a program, see `kill_when`, run it again, count what happened."""
    shutil.copytree(before, folder)
    try:
        if not kill_when(case, folder, come):
            return Counter()  # it was faster this time
        lost = damaged(folder, contents(before), whole)
        done = run(case, folder)
        if done.returncode:
            print(f"does not resume: {done.stderr}", file=sys.stderr)
            return Counter(kills=1, lost=lost is not None)
        differs = difference(contents(folder), whole)
        for problem in filter(None, (lost, differs)):
            print(f"damaged or another: {problem}", file=sys.stderr)
        return Counter(kills=1, resumed=1, equal=differs is None, lost=lost is not None)
    finally:
        shutil.rmtree(folder)


def kill_when(case: Case, folder: Path, come: Callable[[Path, float], bool]) -> bool:
    """Start a program and kill it when the time has come; return whether it still ran then.

    `come(folder, seconds since the start)` says so.
    """
    began = time.monotonic()
    program = subprocess.Popen(
        case.command(), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    while not come(folder, time.monotonic() - began):
        if program.poll() is not None:
            return False
        time.sleep(0.005)
    program.kill()
    program.wait()
    wait_for_the_workers(program.pid)
    return True


def wait_for_the_workers(group: int) -> None:
    """Wait until the killed program's own workers have ended, as they do by themselves."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    raise UserError("workers outlive their killed program")


if __name__ == "__main__":
    run_program(main)
