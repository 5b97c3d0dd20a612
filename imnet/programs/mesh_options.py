"""The flags of every program that makes meshes of fields."""

from dataclasses import dataclass

from imnet.base.errors import UserError
from imnet.base.flags import option
from imnet.surfaces.mesh_files import FORMATS

MESHES = "meshes"  # their heading in --help


@dataclass(frozen=True)
class MeshOptions:
    """How fields become meshes."""

    level: float | None = option(
        None, "iso-level of the surface (0.5; IMSVR's original 0.6)", group=MESHES
    )
    dense: bool = option(
        False, "evaluate the whole grid, not only around the surface", group=MESHES
    )
    stride: int | None = option(
        None,
        "spacing of the first samples, a power of two; smaller ones miss less (see sample_field)",
        group=MESHES,
    )
    refine: bool = option(
        False, "move the vertices to where the field is at the level", group=MESHES
    )
    keep_largest: bool = option(
        False, "of a surface in several parts, keep the largest one only", group=MESHES
    )
    mesh_format: str | None = option(
        None,
        "format of the meshes (original: dae, later versions: ply)",
        choices=[suffix[1:] for suffix in FORMATS],
        group=MESHES,
    )
    units: str | None = option(
        None,
        "vertices in the original's grid units (array), or centred in a unit cube (unit), as the "
        "later versions have them",
        choices=("array", "unit"),
        group=MESHES,
    )

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        if self.level is not None and not 0 < self.level < 1:
            raise UserError(f"--level {self.level}: must be between 0 and 1, the field's values")
        stride = self.stride
        if stride is not None and (stride < 1 or stride & (stride - 1)):
            raise UserError(f"--stride {stride}: must be a power of two, as 1, 2, 4 or 8")
        if stride is not None and self.dense:
            raise UserError("--dense evaluates every point, --stride does not: choose one")
