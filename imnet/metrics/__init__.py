"""Figures of fields, surfaces and sets of shapes."""
