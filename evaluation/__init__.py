"""Figures for a checkpoint against a dataset."""
