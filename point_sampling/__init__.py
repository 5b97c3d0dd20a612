"""Shapes (binvox, HSP .mat, any mesh) to HDF5 point-value datasets."""
