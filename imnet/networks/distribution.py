"""Training on several devices or machines, by tf.distribute."""

import atexit
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
from tensorflow.python.distribute import multi_worker_util

from imnet.base.errors import UserError, one_line
from imnet.base.quiet import TF_CONFIG
from imnet.base.rendezvous import addresses_of, meet
from imnet.networks.layers import graph

# What no other worker's end causes: no memory, wrong shapes.
_OWN_ERRORS = (tf.errors.ResourceExhaustedError, tf.errors.InvalidArgumentError)


def make_strategy(
    devices: int | None, workers: str | None, worker: int | None, wait: float = 600
) -> tf.distribute.Strategy | None:
    """Return the strategy that the flags ask for; None for one device. No tensor may exist before.

    Args:
        devices: of this machine, its GPUs, or parts of its CPU where it has none.
        workers: HOST:PORT of all machines, separated by commas. Without it, TF_CONFIG counts.
        worker: which of them this process is.
        wait: seconds to wait for the others.

    Raises:
        UserError: there are not so many GPUs, or the workers do not come together.
    """
    if workers is not None:
        task = {"type": "worker", "index": worker}
        config = {"cluster": {"worker": workers.split(",")}, "task": task}
        os.environ[TF_CONFIG] = json.dumps(config)
    if TF_CONFIG in os.environ:
        meet(*addresses_of(json.loads(os.environ[TF_CONFIG])), wait)
        try:
            with ended_by_signals():
                return tf.distribute.MultiWorkerMirroredStrategy()
        except (tf.errors.OpError, ValueError, RuntimeError) as error:
            raise UserError(f"the workers do not come together: {one_line(error)}") from error
    if devices in (None, 1):
        return None
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        (cpu,) = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * devices
        tf.config.set_logical_device_configuration(cpu, parts)
    elif devices > len(gpus):
        raise UserError(f"`devices` {devices}: this machine has {len(gpus)} GPUs")
    kind = "GPU" if gpus else "CPU"
    return tf.distribute.MirroredStrategy([f"{kind}:{i}" for i in range(devices)])


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the process at once, and keep their handlers after the block.

    Python's handlers do not run while TensorFlow waits, and TensorFlow installs one of its own,
    which takes SIGTERM for the notice of a cloud's preemption and goes on.
    """
    kinds = (signal.SIGINT, signal.SIGTERM)
    usual = [signal.signal(kind, signal.SIG_DFL) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, usual, strict=True):
            signal.signal(kind, handler)


def replicas() -> int:
    """Return how many devices, of all machines, share a training step."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def is_chief() -> bool:
    """Whether this process writes the files. All others only compute."""
    resolver = tf.distribute.get_strategy().cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    spec = resolver.cluster_spec()
    return multi_worker_util.is_chief(spec, resolver.task_type, resolver.task_id)


@contextmanager
def scope_of(strategy: tf.distribute.Strategy | None) -> Iterator[None]:
    """Run the block on the strategy's devices."""
    if strategy is None:
        yield
        return
    status = 2
    try:
        with strategy.scope():
            yield
        status = 0
    finally:
        if strategy.cluster_resolver is not None:
            # TensorFlow's connections between workers would keep the process from ending.
            atexit.register(_leave, status)


def _leave(status: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@contextmanager
def ending_together() -> Iterator[None]:
    """Wait at the end of the block for all workers, so that none loses its connection to another.

    What a worker sees of another worker's end becomes a UserError.
    """
    try:
        yield
        if TF_CONFIG in os.environ:
            _sum_over_workers(0)
    except tf.errors.OpError as error:
        if TF_CONFIG not in os.environ or isinstance(error, _OWN_ERRORS):
            raise
        raise UserError(
            "another worker has ended: run the same commands on all workers again, and training "
            "goes on from the newest checkpoint"
        ) from error


def check_start(start: int, folder: Path) -> None:
    """Raise UserError unless all workers found the same checkpoints and go on at the same epoch."""
    if TF_CONFIG in os.environ and _sum_over_workers(start) != start * replicas():
        raise UserError(
            f"the workers see different checkpoints in {folder}: it must be one folder for all"
        )


def _sum_over_workers(number: int) -> int:
    strategy = tf.distribute.get_strategy()

    @graph
    def total() -> tf.Tensor:
        return strategy.run(lambda: sum_over_replicas([tf.constant(float(number))])[0])

    return round(float(strategy.experimental_local_results(total())[0]))


def check_split(shapes: int) -> None:
    """Raise UserError unless a step's shapes can be split over all devices."""
    if shapes < replicas():
        raise UserError(
            f"a step takes {shapes} shapes, but there are {replicas()} devices: give at least "
            f"`shapes_per_step` {replicas()}"
        )


def split(arrays: Mapping[str, tf.Tensor]) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Split the arrays [s, ...] of a step over the devices; also return each device's share of s.

    Of fewer shapes than devices, as the last of an epoch may be, every device takes all.
    """
    count = replicas()
    shapes = len(next(iter(arrays.values())))
    bounds = [shapes * i // count for i in range(count + 1)]

    def rows(i: int) -> slice:
        return slice(bounds[i], bounds[i + 1]) if shapes >= count else slice(None)

    def share(i: int) -> tf.Tensor:
        part = (bounds[i + 1] - bounds[i]) / shapes if shapes >= count else 1 / count
        return tf.constant(part, tf.float32)

    of_device = tf.distribute.get_strategy().experimental_distribute_values_from_function
    parts = {
        name: of_device(lambda context, a=array: a[rows(context.replica_id_in_sync_group)])
        for name, array in arrays.items()
    }
    return parts, of_device(lambda context: share(context.replica_id_in_sync_group))


def sum_over_replicas(tensors: list[tf.Tensor | None]) -> list[tf.Tensor | None]:
    """Return each tensor's sum over all devices, in a device's part of a step; None stays None."""
    if replicas() == 1:
        return tensors
    some = [tensor for tensor in tensors if tensor is not None]
    add = tf.distribute.get_replica_context().all_reduce
    sums = iter(add(tf.distribute.ReduceOp.SUM, some))
    return [None if tensor is None else next(sums) for tensor in tensors]
