"""How much memory is free."""

from pathlib import Path


def free_memory() -> int | None:
    """Give the bytes of memory that are free, within a container's bound; None if unknown.

    Linux alone tells it.
    """
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        (free,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, ValueError):
        return None
    bound = Path("/sys/fs/cgroup/memory.max")
    text = bound.read_text().strip() if bound.is_file() else "max"
    return free if text == "max" else min(free, int(text))
