"""Pictures: projections, rendered meshes, views."""
