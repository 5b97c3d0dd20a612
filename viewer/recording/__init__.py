"""Pages without a browser and in one, for tests, measurements and pictures of the viewer."""
