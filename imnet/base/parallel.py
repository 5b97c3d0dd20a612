"""One function over many shapes, in several processes or on a Dask cluster."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from imnet.base.errors import UserError
from imnet.base.flags import option
from imnet.base.progress import progress

Workers = int | str  # how many processes, or the address of a Dask scheduler


@dataclass(frozen=True, kw_only=True)
class WorkerFlags:
    """The flags of every program that uses `over_shapes`."""

    workers: int = option(os.cpu_count() or 1, "processes", least=1)
    dask: str | None = option(
        None,
        "run on the Dask cluster of this scheduler instead; its machines must see the same files",
        metavar="tcp://HOST:8786",
    )

    @property
    def pool(self) -> Workers:
        """Where to work."""
        return self.dask or self.workers


def over_shapes(
    work: Callable[..., Any], shapes: Sequence[tuple[str, Any]], workers: Workers
) -> Iterator[tuple[str, Any, str | None]]:
    """Run `work(name, item)` for every (name, item), in any order, with a progress bar.

    Yields (name, result, None), or (name, None, reason) where `work` raised a UserError. Any other
    error ends the run. There are never more workers than shapes; a single worker is this process.
    Raises UserError if a worker process dies; on a cluster another worker then does its shapes.
    """
    with progress(unit="shape", total=len(shapes)) as bar:
        if isinstance(workers, str):
            for result in _on_cluster(work, shapes, workers):
                yield result
                bar.update()
            return
        workers = min(workers, len(shapes))
        if workers <= 1:
            for name, item in shapes:
                yield _guarded(work, name, item)
                bar.update()
            return
        with ProcessPoolExecutor(workers, initializer=_live_with_the_parent) as pool:
            futures = [pool.submit(_guarded, work, name, item) for name, item in shapes]
            try:
                for future in as_completed(futures):
                    yield _result(future)
                    bar.update()
            finally:
                pool.shutdown(cancel_futures=True)


def sorted_results(
    work: Callable[..., Any],
    items: Sequence[tuple[str, Any]],
    workers: Workers,
    skipped: Iterable[tuple[str, str]] = (),
) -> tuple[dict[str, Any], int]:
    """Return what `work(name, item)` gives by name, sorted, and how many are skipped.

    Those for which it raises a UserError are listed on stderr, with others, (name, reason).
    """
    results, skipped = {}, list(skipped)
    for name, result, reason in over_shapes(work, items, workers):
        if reason is None:
            results[name] = result
        else:
            skipped.append((name, reason))
    for name, reason in sorted(skipped):
        print(" ".join(f"skipped {name}: {reason}".splitlines()), file=sys.stderr)
    return dict(sorted(results.items())), len(skipped)


def in_order(
    work: Callable[..., Any], items: Sequence[tuple[str, Any]], workers: Workers
) -> list[Any]:
    """Return what `work(name, item)` gives for every (name, item); names may be the same.

    Raises the UserError of the first that fails.
    """
    numbered = [(str(number), item) for number, item in enumerate(items)]
    results = {}
    for number, result, reason in over_shapes(partial(_call, work), numbered, workers):
        if reason is not None:
            raise UserError(reason)
        results[int(number)] = result
    return [results[number] for number in range(len(items))]


def _call(work: Callable[..., Any], _: str, item: tuple[str, Any]) -> Any:
    return work(*item)


def _on_cluster(
    work: Callable[..., Any], shapes: Sequence[tuple[str, Any]], address: str
) -> Iterator[tuple[str, Any, str | None]]:
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
            client.submit(_guarded_in, folder, work, name, item, pure=False)
            for name, item in shapes
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
    folder: str, work: Callable[..., Any], name: str, item: Any
) -> tuple[str, Any, str | None]:
    """Do `_guarded` where the paths of the program's flags lead to the same files."""
    os.chdir(folder)
    return _guarded(work, name, item)


def _result(future: Future) -> tuple[str, Any, str | None]:
    try:
        return future.result()
    except BrokenProcessPool:
        raise UserError(
            "a worker process died (out of memory?): run the same command again with fewer "
            "`workers`; a dataset's finished shapes are kept"
        ) from None


def _guarded(work: Callable[..., Any], name: str, item: Any) -> tuple[str, Any, str | None]:
    try:
        return name, work(name, item), None
    except UserError as error:
        return name, None, str(error)


def _live_with_the_parent() -> None:
    """Leave Ctrl-C to the parent process, and end when the parent ends, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after, args=(parent_process().sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
