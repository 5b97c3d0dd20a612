"""Figures of meshes against shapes, of sets of shapes, of a checkpoint against a dataset."""
