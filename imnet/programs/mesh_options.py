"""The flags of every program that makes meshes of fields."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imnet.base.errors import UserError
from imnet.base.files import MESH_FORMATS
from imnet.base.flags import option

if TYPE_CHECKING:
    import numpy as np

    from imnet.surfaces import Mesh

MESHES = "meshes"  # their heading in --help


@dataclass(frozen=True, kw_only=True)
class MeshSettings:
    """How fields become files.

    Attributes:
        folder: where to.
        resolution: of the grid.
        level: iso-level of the surface.
        dense: evaluate the whole grid.
        stride: spacing of the first samples; None for the usual one, see `sample_field`.
        refine: move the vertices to where the field is at the level.
        keep_largest: of several parts keep the largest one.
        format: suffix of the meshes, without the dot.
        units: of the vertices: "array", the grid's; "unit", centred in a unit cube; or "original",
            those of the mesh that the shape was sampled from.
    """

    folder: Path
    resolution: int
    level: float
    dense: bool
    stride: int | None
    refine: bool
    keep_largest: bool
    format: str
    units: str

    def in_units(self, mesh: "Mesh", frame: "np.ndarray | None" = None) -> "Mesh":
        """Return a mesh in array units in the units of the files.

        `frame` [3, 4] leads to the original ones, see `own_frame`.
        """
        if self.units == "array":
            return mesh
        from imnet.surfaces import Mesh  # here, because --help starts without it

        vertices, triangles = mesh.in_unit_frame()
        if self.units == "unit":
            return Mesh(vertices, triangles)
        return Mesh(vertices @ frame[:, :3].T + frame[:, 3], triangles)


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
        choices=[suffix[1:] for suffix in MESH_FORMATS],
        group=MESHES,
    )
    units: str | None = option(
        None,
        "vertices in the original's grid units (array), or centred in a unit cube (unit), as the "
        "later versions have them",
        choices=("array", "unit"),
        group=MESHES,
    )

    def settings(
        self, folder: Path, resolution: int, dense: bool = False, original_frame: bool = False
    ) -> "MeshSettings":
        """Return how meshes are made and written that these flags, of a settled program, ask for.

        Raises:
            UserError: the first samples would be no more than one.
        """
        if self.stride is not None and self.stride >= resolution:
            raise UserError(f"--stride {self.stride}: must be below the resolution {resolution}")
        return MeshSettings(
            folder=folder,
            resolution=resolution,
            level=self.level,
            dense=self.dense or dense,
            stride=self.stride,
            refine=self.refine,
            keep_largest=self.keep_largest,
            format=self.mesh_format,
            units="original" if original_frame else self.units,
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
