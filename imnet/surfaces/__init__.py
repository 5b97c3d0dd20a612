"""From a field to its surface, and meshes: triangles, occupancy, files."""

from imnet.surfaces.extraction import extract_surface, largest_part, marching_cubes
from imnet.surfaces.field_sampling import Field, sample_field
from imnet.surfaces.triangles import Mesh

__all__ = [
    "Field", "Mesh", "extract_surface", "largest_part", "marching_cubes", "sample_field",
]  # fmt: skip
