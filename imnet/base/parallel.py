"""One function over many shapes, in several processes or on a Dask cluster; or in threads."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

from imnet.base.errors import UserError
from imnet.base.flags import option
from imnet.base.progress import progress

Workers = int | str  # how many processes, or the address of a Dask scheduler
THREADS = min(4, os.cpu_count() or 1)  # of `in_threads`
Item, Result = TypeVar("Item"), TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class WorkerFlags:
    """The flags of every program that uses `over_shapes`."""

    processes: int = option(
        os.cpu_count() or 1,
        "how many shapes are worked on at once",
        least=1,
        also="workers",  # its former name
    )
    dask: str | None = option(
        None,
        "run on the Dask cluster of this scheduler instead; its machines must see the same files",
        metavar="tcp://HOST:8786",
    )

    @property
    def pool(self) -> Workers:
        """Where to work."""
        return self.dask or self.processes


def over_shapes(
    work: Callable[..., Any], shapes: Sequence[tuple], workers: Workers
) -> Iterator[tuple[int, Any, str | None]]:
    """Run `work(*shape)` for the arguments of every shape, in any order, with a progress bar.

    Yields (i, result, None) of shape i, or (i, None, reason) where `work` raised a UserError. Any
    other error ends the run. There are never more workers than shapes; a single worker is this
    process. Raises UserError if a worker process dies; on a cluster another worker then does its
    shapes.
    """
    if isinstance(workers, str):
        results = _on_cluster(work, shapes, workers)
    elif min(workers, len(shapes)) <= 1:
        results = (_guarded(work, i, *shape) for i, shape in enumerate(shapes))
    else:
        results = _in_processes(work, shapes, min(workers, len(shapes)))
    with progress(unit="shape", total=len(shapes)) as bar, closing(results):
        for result in results:
            yield result
            bar.update()


def in_order(work: Callable[..., Any], shapes: Sequence[tuple], workers: Workers) -> list[Any]:
    """Return the results in the order of the shapes; see `over_shapes`, raises the first reason."""
    results = {}
    for i, result, reason in over_shapes(work, shapes, workers):
        if reason is not None:
            raise UserError(reason)
        results[i] = result
    return [results[i] for i in range(len(shapes))]


def sorted_results(
    work: Callable[..., Any],
    shapes: Sequence[tuple],
    workers: Workers,
    skipped: Iterable[tuple[str, str]] = (),
) -> tuple[dict[str, Any], int]:
    """Return the results by the names that the shapes start with, sorted, and how many are skipped.

    See `over_shapes`. What is skipped is listed on stderr, with others, (name, reason).
    """
    results, skipped = {}, list(skipped)
    for i, result, reason in over_shapes(work, shapes, workers):
        if reason is None:
            results[shapes[i][0]] = result
        else:
            skipped.append((shapes[i][0], reason))
    for name, reason in sorted(skipped):
        print(" ".join(f"skipped {name}: {reason}".splitlines()), file=sys.stderr)
    return dict(sorted(results.items())), len(skipped)


def in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield function(item) of each item, in order; several threads work at once."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(function, items)


def _guarded(work: Callable[..., Any], i: int, *shape: Any) -> tuple[int, Any, str | None]:
    try:
        return i, work(*shape), None
    except UserError as error:
        return i, None, str(error)


def _in_processes(
    work: Callable[..., Any], shapes: Sequence[tuple], workers: int
) -> Iterator[tuple[int, Any, str | None]]:
    # here, because no --help needs them
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(workers, initializer=_live_with_the_parent) as pool:
        futures = [pool.submit(_guarded, work, i, *shape) for i, shape in enumerate(shapes)]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise UserError(
                "a worker process died (out of memory?): run the same command again with fewer "
                "`processes`; a dataset's finished shapes are kept"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _on_cluster(
    work: Callable[..., Any], shapes: Sequence[tuple], address: str
) -> Iterator[tuple[int, Any, str | None]]:
    from concurrent.futures import CancelledError

    try:
        from distributed import Client, KilledWorker, as_completed
    except ImportError:
        raise UserError("`dask` needs the package distributed: pip install distributed") from None
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise UserError(f"`dask` {address}: no Dask scheduler answers there") from error
    with client:
        folder = os.getcwd()
        futures = [
            client.submit(_guarded_in, folder, work, i, *shape, pure=False)
            for i, shape in enumerate(shapes)
        ]
        try:
            for future in as_completed(futures):
                yield future.result()
        except CancelledError as error:
            raise UserError(
                "the Dask scheduler is lost: run the same command again; a dataset's finished "
                "shapes are kept"
            ) from error
        except KilledWorker as error:
            raise UserError(
                "a shape ended several workers of the Dask cluster (out of memory?): run the same "
                "command again; a dataset's finished shapes are kept"
            ) from error


def _guarded_in(
    folder: str, work: Callable[..., Any], i: int, *shape: Any
) -> tuple[int, Any, str | None]:
    """Do `_guarded` where the paths of the program's flags lead to the same files."""
    os.chdir(folder)
    return _guarded(work, i, *shape)


def _live_with_the_parent() -> None:
    """Leave Ctrl-C to the parent process, and end when the parent ends, even if it is killed."""
    from multiprocessing import parent_process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after, args=(parent_process().sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)
