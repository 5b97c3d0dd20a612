"""How much memory is free, within the bounds of the containers and jobs that this process is in."""

from collections.abc import Iterator
from pathlib import Path


def free_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes of memory that are free; None if unknown.

    Linux alone tells it. A bound of a control group, version 1 or 2, counts less what is in use
    there; file contents that were read long ago are not in use, because they make room.

    Args:
        root: where `proc` and `sys` are mounted.
    """
    try:
        free = _numbers(root / "proc/meminfo")["MemAvailable:"] * 1024
    except (OSError, ValueError, KeyError):
        return None
    for folder in _control_groups(root):
        for bound, used, inactive in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            try:  # a bound of "max" is none
                most, current = (int((folder / name).read_text()) for name in (bound, used))
                idle = _numbers(folder / "memory.stat").get(inactive, 0)
            except (OSError, ValueError):
                continue
            free = min(free, max(most - current + idle, 0))
    return free


def _numbers(path: Path) -> dict[str, int]:
    """Read the first number of each line `name number ...`."""
    rows = (line.split() for line in path.read_text().splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1}


def _control_groups(root: Path) -> Iterator[Path]:
    """The folders of the control groups that bound this process: its own and all above it.

    A container sees its own group as the mounted one, whatever path the system tells.
    """
    mounted = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    yield from (mounted, mounted / "memory")
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            group = mounted / controllers / path.lstrip("/")
            yield from (place for place in (group, *group.parents) if mounted in place.parents)
