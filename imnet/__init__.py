"""What IMGAN, IMSVR and point_sampling share, each thing once."""

PACKAGE = "implicit-decoder"  # the name that it is installed under


def __getattr__(name: str) -> str:
    """Look up `__version__` when it is asked for: that takes longer than all else here."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version(PACKAGE)
