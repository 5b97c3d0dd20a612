"""Workers of one training wait for each other, say so, and end by a limit or by any signal."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from imnet.base.errors import UserError
from imnet.base.rendezvous import addresses_of, meet

MEET = """
import signal, sys
from imnet.base.errors import run_program
from imnet.base.rendezvous import meet

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
run_program(lambda: meet(sys.argv[2:], int(sys.argv[1]), 60))
"""


def free_addresses(count):
    """Addresses of this machine at which nobody listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    names = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for s in sockets:
        s.close()
    return names


def start(worker, addresses):
    command = [sys.executable, "-c", MEET, str(worker), *addresses]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_workers_meet_in_any_order():
    addresses = free_addresses(3)
    workers = [start(worker, addresses) for worker in (2, 0)]
    assert workers[0].stdout.readline().startswith("worker 2 waits for")
    workers.append(start(1, addresses))
    for worker in workers:
        printed, errors = worker.communicate(timeout=60)
        assert worker.returncode == 0 and printed.endswith("3 workers have come together\n"), errors


def test_who_does_not_come_is_named_after_the_limit():
    addresses, began = free_addresses(2), time.monotonic()
    with pytest.raises(UserError) as caught:
        meet(addresses, 0, seconds=0.5)
    assert f"{addresses[1]} (worker 1)" in str(caught.value) and "\n" not in str(caught.value)
    assert time.monotonic() - began < 30


def test_other_addresses_are_refused():
    addresses = free_addresses(2)
    other = start(1, [addresses[0], addresses[1].replace("127.0.0.1", "localhost")])
    with pytest.raises(UserError, match=r"worker 1 .*localhost"):
        meet(addresses, 0, seconds=60)
    other.kill()
    other.communicate()


def test_a_port_that_is_taken():
    addresses = free_addresses(2)
    port = int(addresses[0].rpartition(":")[2])
    with socket.create_server(("", port)), pytest.raises(UserError, match=f"port {port}"):
        meet(addresses, 0, seconds=5)


def test_strangers_are_ignored():
    addresses = free_addresses(2)
    waiting = start(0, addresses)
    waiting.stdout.readline()
    for content in (b"GET / HTTP/1.1\r\n\r\n", b"", b"[9", b"[7, 8]"):
        with socket.create_connection(("127.0.0.1", int(addresses[0].rpartition(":")[2]))) as s:
            s.sendall(content)
    meet(addresses, 1, seconds=60)
    assert waiting.communicate(timeout=60)[0].endswith("2 workers have come together\n")


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_waiting_worker_ends_by_a_signal(kind):
    waiting = start(0, free_addresses(2))
    waiting.stdout.readline()
    waiting.send_signal(kind)
    _, errors = waiting.communicate(timeout=20)
    assert waiting.returncode == (2 if kind == signal.SIGINT else -kind)
    assert len(errors.splitlines()) == (1 if kind == signal.SIGINT else 0)


def test_addresses_of_a_cluster_managers_configuration():
    cluster = {"chief": ["a:1"], "worker": ["b:2", "c:3"], "ps": ["d:4"]}
    for kind, index, own in (("chief", 0, 0), ("worker", 1, 2)):
        config = {"cluster": cluster, "task": {"type": kind, "index": index}}
        assert addresses_of(config) == (["a:1", "b:2", "c:3"], own)
