"""Flags made of a dataclass: their types, bounds and errors."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from imnet.base.errors import UserError
from imnet.base.flags import REQUIRED, option, parse_flags


@dataclass(frozen=True, kw_only=True)
class Common:
    seed: int = option(0, "seed", least=0)


@dataclass(frozen=True, kw_only=True)
class Flags(Common):
    output: Path = option(REQUIRED, "output")
    share: float | None = option(None, "share", above=0, most=1)
    sizes: tuple[int, ...] = option((1, 2), "sizes", least=1)
    front: str = option("-z", "front", signed=True)
    fast: bool = option(False, "fast")


def parse(*words):
    return parse_flags(Flags, "a program", list(words), former={"steps": "give --seed"})


@pytest.mark.parametrize(
    ("words", "fast"),
    [
        ("--fast=True", True),
        ("--fast=true --seed 3", True),
        ("--fast True", True),
        ("-fast", True),
        ("--fast=False", False),
        ("--fast False", False),
        ("--nofast", False),
        ("--fast --nofast", False),
        ("--nofast --fast", True),
        ("--fast --sizes 1 0 1", None),  # numbers behind another flag are its own
    ],
)
def test_switches_as_the_originals_write_them(words, fast):
    if fast is None:
        with pytest.raises(UserError, match="--sizes 0"):
            parse("--output", "x", *words.split())
    else:
        assert parse("--output", "x", *words.split()).fast is fast
        assert parse("-output=x", *words.split()).output == Path("x")


def test_defaults_and_types():
    assert parse("--output", "x") == Flags(output=Path("x"))
    words = "--output x --seed 3 --share 1 --sizes 4 5 6 --front -y --fast"
    expected = Flags(output=Path("x"), seed=3, share=1.0, sizes=(4, 5, 6), front="-y", fast=True)
    assert parse(*words.split()) == expected


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "the following arguments are required: --output"),
        ("--output x --seed -1", "--seed -1: must be at least 0"),
        ("--output x --seed 1.5", "argument --seed: invalid int value"),
        ("--output x --share 0", "--share 0.0: must be above 0"),
        ("--output x --share 1.01", "--share 1.01: must be at most 1"),
        ("--output x --share nan", "--share nan: must be a finite number"),
        ("--output x --share inf", "--share inf: must be a finite number"),
        ("--output x --sizes 3 0", "--sizes 0: must be at least 1"),
        ("--output x --sizes", "argument --sizes: expected at least one argument"),
        ("--outp x", "required: --output"),
        ("--output x --see 1", "unrecognized arguments: --see 1; is --seed meant?"),
        ("--output x --sede 1", "unrecognized arguments: --sede 1; is --seed meant?"),
        ("--output x --zzzz", "unrecognized arguments: --zzzz (see"),
        ("--output x y", "unrecognized arguments: y (see"),
        ("--output x --steps 3", "--steps: give --seed"),
        ("--output x --fast=perhaps", "--fast"),
    ],
)
def test_wrong_values_are_one_line(words, reason):
    with pytest.raises(UserError, match=re.escape(reason)) as error:
        parse(*words.split())
    assert "\n" not in str(error.value)
