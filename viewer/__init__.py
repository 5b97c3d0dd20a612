"""Codes and the shapes between them, live in a browser."""
