"""The flags of a program as a frozen dataclass, with a field for each flag."""

import argparse
import dataclasses
import sys
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from math import isfinite
from types import EllipsisType, NoneType
from typing import Any, TypeVar, get_args

import imnet
from imnet.base.errors import UserError

Options = TypeVar("Options")
REQUIRED = dataclasses.MISSING
_TRUTH = {"true": True, "1": True, "false": False, "0": False}  # values of a switch


def option(
    default: Any,
    text: str,
    *,
    group: str = "",
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    signed: bool = False,
    also: str = "",
    **arguments: Any,
) -> Any:
    """Declare a field of the dataclass: a flag of the same name, type and default.

    A tuple takes one value or more, if `arguments` has no nargs.

    Args:
        default: of the field; REQUIRED if the flag must be given.
        text: its help.
        group: heading under which --help lists it.
        least: the value must be at least this.
        above: the value must be greater than this.
        most: the value must be at most this.
        signed: the value may start with a minus although it is no number, such as the axis -z.
        also: another name of the flag.
        arguments: more for argparse, such as choices, nargs and metavar.
    """
    rules = {"group": group, "signed": signed, "also": also}
    rules |= {"least": least, "above": above, "most": most}
    return dataclasses.field(
        default=default, metadata={"rules": rules, "arguments": {"help": text, **arguments}}
    )


class _Version(argparse.Action):
    """Prints the version; it is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"{imnet.PACKAGE} {imnet.__version__}")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are UserErrors, one line without the usage."""

    def error(self, message: str) -> None:
        raise UserError(f"{message} (see --help)")


def refuse(options: Any, mode: str, *names: str) -> None:
    """Raise UserError if a flag that means nothing in a mode is not as by default."""
    defaults = {field.name: field.default for field in dataclasses.fields(options)}
    for name in names:
        if getattr(options, name) != defaults[name]:
            raise UserError(f"--{name} means nothing with {mode}: leave it out")


def parse_flags(
    kind: type[Options],
    description: str,
    arguments: list[str] | None = None,
    examples: Mapping[str, str] | None = None,
    former: Mapping[str, str] | None = None,
) -> Options:
    """Parse the command line into `kind`, a dataclass whose fields are made by `option`.

    Args:
        kind: the dataclass; its `__post_init__` may refuse combinations with a UserError.
        description: for --help.
        arguments: the words of the command line; those of the process if None.
        examples: what is done → command, for the end of --help.
        former: flag that other versions had → what to type instead.

    A switch may be written as the originals' parsers take it: --ae=True, --ae True, --noae, -ae.
    Where the package argcomplete is installed, the shell can complete the flags.

    Raises:
        UserError: an unknown flag, or a value of another type or out of its bounds.
    """
    shown = [f"  {what}:\n    {command}" for what, command in (examples or {}).items()]
    parser = _Parser(
        description=description,
        epilog="\n".join(["examples:", *shown]) if shown else None,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        default=argparse.SUPPRESS,
        help="print the version",
    )
    groups = {"": parser}
    # The program's own flags first, then those that it shares.
    fields = sorted(dataclasses.fields(kind), key=lambda f: f.name not in kind.__annotations__)
    for field in fields:
        title = field.metadata["rules"]["group"]
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        names = [f"--{name}" for name in (field.name, field.metadata["rules"]["also"]) if name]
        groups[title].add_argument(*names, **_arguments_of(field))
    with suppress(ImportError):  # an optional package
        import argcomplete

        argcomplete.autocomplete(parser)  # ends the program where the shell asks
    words = _switched(sys.argv[1:] if arguments is None else arguments, fields)
    for word in words:
        if (instead := (former or {}).get(word.partition("=")[0].lstrip("-"))) is not None:
            raise UserError(f"{word}: {instead}")
    signed = {f"--{field.name}" for field in fields if field.metadata["rules"]["signed"]}
    found, unknown = parser.parse_known_args(_joined(words, signed))
    if unknown:
        raise UserError(f"{_unknown(unknown, parser)} (see --help)")
    values = vars(found)
    _check_bounds(fields, values)
    return kind(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})


def _arguments_of(field: dataclasses.Field) -> dict[str, Any]:
    """The arguments of argparse's add_argument."""
    arguments = dict(field.metadata["arguments"])
    if field.type is bool:
        return arguments | {"action": "store_true"}
    arguments["type"] = _value_type(field.type)
    if "tuple" in str(field.type):
        arguments.setdefault("nargs", "+")
    if field.default is REQUIRED:
        return arguments | {"required": True}
    if field.default is not None:
        several = isinstance(field.default, tuple)
        shown = " ".join(map(str, field.default)) if several else field.default
        arguments["help"] += f" (default: {shown})"
    return arguments | {"default": field.default}


def _value_type(kind: Any) -> type:
    """The type of one value: int for `int`, `int | None`, `tuple[int, ...] | None`."""
    inner = [part for part in get_args(kind) if part not in (NoneType, Ellipsis, EllipsisType)]
    return _value_type(inner[0]) if inner else kind


def _switched(words: list[str], fields: list[dataclasses.Field]) -> list[str]:
    """Write switches in our way that are written in the originals': --ae=False is left out."""
    switches = {f"--{field.name}" for field in fields if field.type is bool}
    named = {f"--{field.name}" for field in fields}
    plain: list[str] = []
    for word in words:
        if f"-{word.partition('=')[0]}" in named:  # -ae
            word = f"-{word}"
        flag, _, value = word.partition("=")
        if flag not in named and (opposite := flag.replace("--no", "--", 1)) in switches:
            flag, value = opposite, value or "false"
        elif plain and plain[-1] in switches:
            flag, value = (plain[-1], word) if word.lower() in _TRUTH else (flag, value)
        if flag in switches and value.lower() in _TRUTH:
            plain = [other for other in plain if other != flag] + [flag] * _TRUTH[value.lower()]
        else:
            plain.append(word)
    return plain


def _unknown(words: list[str], parser: argparse.ArgumentParser) -> str:
    """Name words that no flag takes, and the flag that is nearest to the first."""
    said = f"unrecognized arguments: {' '.join(words)}"
    names = [name for action in parser._actions for name in action.option_strings]
    flag = words[0].partition("=")[0]
    flag = flag if flag.startswith("--") else f"-{flag}"
    begun = [name for name in names if name.startswith(flag)]
    near = begun if len(begun) == 1 else get_close_matches(flag, names, 1)
    return f"{said}; is {near[0]} meant?" if near else said


def _joined(words: list[str], signed: set[str]) -> list[str]:
    """Join `--front -z` to `--front=-z`: argparse would take the -z for a flag."""
    remaining = iter(words)
    return [f"{word}={next(remaining, '')}" if word in signed else word for word in remaining]


def _check_bounds(fields: list[dataclasses.Field], values: dict[str, Any]) -> None:
    for field in fields:
        least, above, most = (field.metadata["rules"][name] for name in ("least", "above", "most"))
        value = values[field.name]
        for part in value if isinstance(value, list | tuple) else [value]:
            if part is None:
                continue
            if isinstance(part, float) and not isfinite(part):
                raise UserError(f"--{field.name} {part}: must be a finite number")
            if least is not None and not part >= least:
                raise UserError(f"--{field.name} {part}: must be at least {least}")
            if above is not None and not part > above:
                raise UserError(f"--{field.name} {part}: must be above {above}")
            if most is not None and not part <= most:
                raise UserError(f"--{field.name} {part}: must be at most {most}")
