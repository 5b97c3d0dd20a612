"""From a field to its surface, and meshes: triangles, occupancy, files."""

from imnet.surfaces.block_cubes import cube_blocks
from imnet.surfaces.blocks import Blocks
from imnet.surfaces.extraction import extract_surface, largest_part, marching_cubes
from imnet.surfaces.field_sampling import Field, sample_blocks, sample_field
from imnet.surfaces.triangles import Mesh

__all__ = [
    "Blocks", "Field", "Mesh", "cube_blocks", "extract_surface", "largest_part", "marching_cubes",
    "sample_blocks", "sample_field",
]  # fmt: skip
