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
    return parse_flags(Flags, "a program", list(words))


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
        ("--output x --share nan", "--share nan: must be above 0"),
        ("--output x --sizes 3 0", "--sizes 0: must be at least 1"),
        ("--output x --sizes", "argument --sizes: expected at least one argument"),
        ("--outp x", "required: --output"),
        ("--output x --see 1", "unrecognized arguments: --see 1"),
    ],
)
def test_wrong_values_are_one_line(words, reason):
    with pytest.raises(UserError, match=re.escape(reason)) as error:
        parse(*words.split())
    assert "\n" not in str(error.value)
