"""Workers wait for each other before TensorFlow does.

TensorFlow's own wait says nothing, has no limit, and neither Ctrl-C nor a batch system ends it.
"""

import json
import select
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from imnet.base.errors import UserError
from imnet.base.progress import LINE_EVERY

_CALL_EVERY = 1.0  # seconds
_GREETING = 2**16  # bytes, at most


def addresses_of(config: Mapping[str, Any]) -> tuple[list[str], int]:
    """Return the HOST:PORT of all workers of a TF_CONFIG, and which of them this process is."""
    cluster, task = config.get("cluster", {}), config.get("task", {})
    chiefs = list(cluster.get("chief", []))
    before = len(chiefs) if task.get("type") == "worker" else 0
    return chiefs + list(cluster.get("worker", [])), before + int(task.get("index", 0))


def meet(addresses: Sequence[str], own: int, seconds: float) -> None:
    """Return when all workers are there; print whom this one waits for.

    Each listens at its own port and calls the others until it has been called by all. Who calls
    listens already, so what is sent then arrives.

    Args:
        addresses: HOST:PORT of every worker.
        own: which of them this process is.
        seconds: how long to wait.

    Raises:
        UserError: its own port is taken, or a worker does not come, or has other addresses.
    """
    missing = set(range(len(addresses))) - {own}
    greeting = json.dumps([own, list(addresses)]).encode()
    began = said = time.monotonic()
    with _listener(addresses[own]) as listener:
        for worker in missing:
            _call(addresses[worker], greeting)
        while missing:
            names = ", ".join(f"{addresses[i]} (worker {i})" for i in sorted(missing))
            now = time.monotonic()
            if now - began >= seconds:
                raise UserError(
                    f"worker {own} waited {seconds:g} s for {names}: start all workers, each with "
                    "the same `workers` and its own `worker`, or give it more time with `wait`"
                )
            if said == began or now - said >= LINE_EVERY:
                print(f"worker {own} waits for {names}, {began + seconds - now:.0f} s more")
                said = now
            caller = _heard(listener, _CALL_EVERY, list(addresses))
            for worker in missing if caller is None else {caller}:
                _call(addresses[worker], greeting)
            missing.discard(caller)
    print(f"{len(addresses)} workers have come together")


def _listener(address: str) -> socket.socket:
    port = int(address.rpartition(":")[2])
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise UserError(
            f"port {port} of this machine cannot be listened at ({error.strerror}): does this "
            "worker run already?"
        ) from error


def _call(address: str, greeting: bytes) -> None:
    """Tell a worker that this one is there, if it listens."""
    host, _, port = address.rpartition(":")
    place = host.strip("[]"), int(port)
    with suppress(OSError), socket.create_connection(place, timeout=2) as connection:
        connection.sendall(greeting)


def _heard(listener: socket.socket, seconds: float, addresses: list[str]) -> int | None:
    """Return which worker calls within some seconds; None if there is none.

    Raises UserError if it has other addresses. What a stranger sends is ignored.
    """
    if not select.select([listener], [], [], seconds)[0]:
        return None
    with listener.accept()[0] as connection, suppress(OSError, ValueError, TypeError):
        connection.settimeout(2)
        with connection.makefile("rb") as file:
            worker, theirs = json.loads(file.read(_GREETING))
        if theirs != addresses:
            raise UserError(
                f"worker {worker} was started with the `workers` {','.join(theirs)}: all need the "
                "same"
            )
        return worker if worker in range(len(addresses)) else None
    return None
