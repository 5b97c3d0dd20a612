"""Lattice points, HDF5 files, datasets and their batches."""
