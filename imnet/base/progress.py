"""Progress of long work: a bar on a terminal; elsewhere, as in a log, a line now and then."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tqdm import tqdm

LINE_EVERY = 30  # seconds
_LINE = "{desc}{n_fmt}/{total_fmt}, {rate_noinv_fmt}, {elapsed} so far, {remaining} left"


def progress(
    items: Iterable[Any] | None = None,
    doing: str = "",
    *,
    unit: str,
    total: int | None = None,
    delay: float = 0,
) -> "Progress":
    """Return a view of `items`, or a counter to `update`, that shows how far the work has come.

    Args:
        items: what to go through; without them, call `update` in a `with` block.
        doing: what is done, named in front.
        unit: what is counted, in the singular.
        total: how many there are; by default the length of `items`.
        delay: seconds before a bar appears.
    """
    if sys.stderr.isatty():
        return _tqdm()(items, doing or None, total, unit=unit, delay=delay)
    return _Log(items, doing, unit, len(items) if total is None else total)


def time_left(seconds: float, done: float) -> str:
    """Return the time left, as h:mm:ss, after `seconds` for the part `done` (above 0) of all."""
    return _tqdm().format_interval(seconds * (1 - done) / done)


def say(line: str) -> None:
    """Print a line on stdout, above a bar if one is there."""
    _tqdm().write(line)


def _tqdm() -> type["tqdm"]:
    """Import tqdm: here, because no --help needs it, and it is slow to import."""
    from tqdm import tqdm

    return tqdm


class _Log:
    """What `progress` shows where no terminal is there to draw a bar: a line every LINE_EVERY."""

    def __init__(self, items: Iterable[Any] | None, doing: str, unit: str, total: int):
        self.items, self.doing, self.unit, self.total = items, doing, unit, total
        self.done, self.began = 0, time.monotonic()
        self.said = self.began

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            yield item
            self.update()

    def __enter__(self) -> "_Log":
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def update(self, done: int = 1) -> None:
        """Count so many more as done."""
        self.done += done
        now = time.monotonic()
        if now - self.said >= LINE_EVERY and self.done < self.total:
            self.said = now
            meter = {"n": self.done, "total": self.total, "elapsed": now - self.began}
            prefix = f"{self.doing}: " if self.doing else ""
            show = {"prefix": prefix, "unit": f" {self.unit}", "bar_format": _LINE}
            line = _tqdm().format_meter(**meter, **show)
            print(line, file=sys.stderr, flush=True)


Progress: TypeAlias = "tqdm | _Log"
