"""A frozen dataclass as the flags of a program: a field a flag."""

import argparse
import dataclasses
from dataclasses import dataclass
from typing import TypeVar

from imnet.base.errors import UserError
from imnet.surfaces.mesh_files import FORMATS

Options = TypeVar("Options")


def option(default: object, text: str, **arguments: object) -> object:
    """A field of the dataclass and, by the same token, a flag with its type, default and help."""
    return dataclasses.field(default=default, metadata={"help": text, **arguments})


@dataclass(frozen=True)
class MeshOptions:
    """How fields become meshes; the flags of every program that writes some."""

    level: float = option(0.5, "iso-level of the surface")
    dense: bool = option(False, "evaluate the whole grid, not only around the surface")
    stride: int | None = option(
        None,
        "spacing of the first samples, a power of two; smaller ones miss less (see sample_field)",
    )
    refine: bool = option(False, "move the vertices to where the field is at the level")
    mesh_format: str = option(
        "dae", "format of the meshes", choices=[suffix[1:] for suffix in FORMATS]
    )
    units: str = option(
        "array", "vertices in the original's grid units, or centred in a unit cube",
        choices=("array", "unit"),
    )  # fmt: skip


MESH_FLAGS = tuple(field.name for field in dataclasses.fields(MeshOptions))


def parse_flags(kind: type[Options], description: str, arguments: list[str] | None) -> Options:
    """Parse the command line into `kind`, a dataclass whose fields are made by `option`.

    Unknown flags end the program with status 2, as argparse does. `arguments`: those of the
    process if None.
    """
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    meshes = parser.add_argument_group("meshes")
    for field in dataclasses.fields(kind):
        extra = dict(field.metadata)
        if field.default not in (None, False):
            extra["help"] += f" (default: {field.default})"
        if field.type is bool:
            extra["action"] = "store_true"
        else:
            extra |= {"type": _value_type(field), "default": field.default}
        group = meshes if field.name in MESH_FLAGS else parser
        group.add_argument(f"--{field.name}", **extra)
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


def check_mesh_options(options: MeshOptions) -> None:
    """Raise UserError for values that cannot be or contradict each other."""
    if not 0 < options.level < 1:
        raise UserError(f"--level {options.level}: must be between 0 and 1, the field's values")
    stride = options.stride
    if stride is not None and (stride < 1 or stride & (stride - 1)):
        raise UserError(f"--stride {stride}: must be a power of two, as 1, 2, 4 or 8")
    if stride is not None and options.dense:
        raise UserError("--dense evaluates every point, --stride does not: choose one")


def _value_type(field: dataclasses.Field) -> type:
    """The type behind `int`, `int | None` or `tuple[int, int] | None`."""
    for kind in (int, float):
        if field.type in (kind, kind | None, tuple[kind, kind] | None):
            return kind
    return str
