"""A frozen dataclass as the flags of a program: a field a flag."""

import argparse
import dataclasses
from typing import TypeVar

from imnet.errors import UserError

Options = TypeVar("Options")


def option(default: object, text: str, **arguments: object) -> object:
    """A field of the dataclass and, by the same token, a flag with its type, default and help."""
    return dataclasses.field(default=default, metadata={"help": text, **arguments})


def parse_flags(kind: type[Options], description: str, arguments: list[str] | None) -> Options:
    """Parse the command line into `kind`, a dataclass whose fields are made by `option`.

    Unknown flags end the program with status 2, as argparse does. `arguments`: those of the
    process if None.
    """
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    for field in dataclasses.fields(kind):
        extra = dict(field.metadata)
        if field.default not in (None, False):
            extra["help"] += f" (default: {field.default})"
        if field.type is bool:
            extra["action"] = "store_true"
        else:
            extra |= {"type": _value_type(field), "default": field.default}
        parser.add_argument(f"--{field.name}", **extra)
    values = vars(parser.parse_args(arguments))
    return kind(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})


def check_least(options: object, bounds: dict[str, float]) -> None:
    """Raise UserError for the first of the named options that is given and below its bound."""
    for name, bound in bounds.items():
        value = getattr(options, name)
        if value is not None and value < bound:
            raise UserError(f"--{name} {value}: must be at least {bound}")


def check_above_zero(options: object, *names: str) -> None:
    """Raise UserError for the first of the named options that is given and not above 0."""
    for name in names:
        value = getattr(options, name)
        if value is not None and not value > 0:
            raise UserError(f"--{name} {value}: must be above 0")


def _value_type(field: dataclasses.Field) -> type:
    """The type behind `int`, `int | None` or `tuple[int, int] | None`."""
    for kind in (int, float):
        if field.type in (kind, kind | None, tuple[kind, kind] | None):
            return kind
    return str
