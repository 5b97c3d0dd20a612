"""From a field to its surface, and meshes: triangles, occupancy, files."""
