"""What every network has: a name, weights, training state, checkpoints, steps."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.data.rows import Rows
from imnet.networks.adam import Adam
from imnet.networks.checkpoints import (
    assign,
    find_checkpoint,
    newest_checkpoint,
    read_checkpoint,
    step_of,
    variable_name,
    write_variables,
)
from imnet.networks.distribution import replicas, split, sum_over_replicas
from imnet.networks.layers import graph, products_in
from imnet.networks.norms import BatchNorm, calibrate_if_few

Kind = TypeVar("Kind", bound="Network")


class Network(ABC):
    """A network that is trained, saved and loaded. Arrays in, arrays out.

    A kind of network sets the members below, calls `_assemble` at the end of its __init__, and
    defines `sizes`, `train_step` and, where that is a step down one loss, `loss`.
    """

    name: ClassVar[str]  # of its checkpoints, <name>-<step>
    port_name: ClassVar[str] = ""  # of the PyTorch port's files, <port_name>[size]-<epoch>.pth
    checkpoints_kept: ClassVar[int] = 10
    inputs_a_batch: ClassVar[int] = 16  # of `encode`
    loss_names: ClassVar[tuple[str, ...]] = ("loss",)
    save_offset: ClassVar[int] = 0  # epochs k * interval - save_offset are saved
    line_every: ClassVar[int | None] = None  # shapes between lines of progress; None: one an epoch

    precision: str = "float32"  # of a step's products, or "bfloat16"; set it before the first step

    z_dim: int
    encoder: tf.Module
    loss: Callable[..., tf.Tensor]  # of a batch's arrays, in training mode, as a scalar

    def _assemble(
        self,
        modules: list[tf.Module],
        optimizers: list[Adam],
        state: Iterable[tf.Variable] = (),
        marks: Iterable[tf.Variable] = (),
    ) -> None:
        """Set what is saved: the modules' weights and marks; the training state."""
        self.modules, self.optimizers = modules, optimizers
        self.weights = [variable for module in modules for variable in module.variables]
        self.weights += marks
        self._state = list(state)

    @property
    def training_state(self) -> list[tf.Variable]:
        """What a checkpoint must hold beside the weights to train on from it."""
        return [v for optimizer in self.optimizers for v in optimizer.state()] + self._state

    @property
    def optimizer(self) -> Adam:
        """The optimiser of a network that has one."""
        (optimizer,) = self.optimizers
        return optimizer

    @classmethod
    @abstractmethod
    def sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
        """Read arguments of __init__ off the shapes of a checkpoint's tensors.

        Raises:
            KeyError: a tensor is missing.
        """

    def about(self) -> dict[str, Any]:
        """Return what the network is: its kind, and the sizes that a checkpoint tells."""
        shapes = {variable_name(v): tuple(v.shape) for v in self.weights}
        return {"kind": type(self).__name__, **self.sizes(shapes)}

    @classmethod
    def from_checkpoint(
        cls: type[Kind], path: str | Path, learning_rate: float = 5e-5, beta1: float = 0.5
    ) -> Kind:
        """Load a network from a folder (its newest checkpoint), a prefix or a `.pth` file.

        Its sizes are read from the checkpoint. Adam's state is loaded where it is stored, else it
        starts from zero.

        Raises:
            UserError: no checkpoint, a damaged one, or the checkpoint of another network.
        """
        prefix = find_checkpoint(path, cls.name, cls.port_name)
        tensors = read_checkpoint(prefix)
        sizes = sizes_in(tensors, prefix, cls.sizes)
        network = cls(**sizes, learning_rate=learning_rate, beta1=beta1)
        assign(network.weights, tensors, str(prefix))
        names = [name for optimizer in network.optimizers for name in optimizer.state_names()]
        names += map(variable_name, network._state)
        if all(name in tensors for name in names):  # the original's autoencoder and GAN store none
            assign(network.training_state, tensors, str(prefix))
        return network

    def save(self, folder: str | Path, step: int, optimizer: bool = True) -> Path:
        """Write the checkpoint `<name>-<step>`, with the training state or the weights alone.

        Raises:
            UserError: a weight is no number, or the checkpoint cannot be written.
        """
        for variable in self.weights:
            if not np.isfinite(variable.numpy()).all():
                raise UserError(
                    f"{variable.name} holds values that are no numbers after epoch {step}, which "
                    "is not saved: try a smaller `learning_rate`"
                )
        variables = [*self.weights, *(self.training_state if optimizer else [])]
        return write_variables(folder, self.name, step, variables, self.checkpoints_kept)

    def encode(self, inputs: Rows, numbers: Sequence[int] | None = None) -> np.ndarray:
        """Return the codes [n, z_dim] float32 of inputs [n, ...], in inference mode.

        Of all inputs, or of those whose numbers are given.
        """
        size, count = self.inputs_a_batch, len(inputs if numbers is None else numbers)
        batches = []
        for i in range(0, count, size):
            rows = slice(i, i + size)
            some = inputs[rows if numbers is None else numbers[rows]]
            batches.append(self._encode(tf.constant(some)).numpy())
        return np.concatenate(batches) if batches else np.empty((0, self.z_dim), np.float32)

    @graph(reduce_retracing=True)
    def _encode(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.encoder(inputs, training=False)

    @abstractmethod
    def train_step(self, **arrays: np.ndarray) -> float | tuple[float, ...]:
        """Take one training step on the arrays of a batch; return its losses, see loss_names."""

    def _take_step(self, **arrays: tf.Tensor) -> float:
        """Take one Adam step down the loss of arrays [s, ...]; return the loss before it."""
        if replicas() == 1:
            return float(self._step(**arrays))
        for optimizer in self.optimizers:
            optimizer.state()  # made here: a replica's part of a step can make no variables
        return float(self._split_step(*split(arrays)))

    @graph
    def _step(self, **arrays: tf.Tensor) -> tf.Tensor:
        return self._replica_step(arrays, 1.0)

    @graph
    def _split_step(self, parts: dict[str, Any], shares: Any) -> tf.Tensor:
        strategy = tf.distribute.get_strategy()
        losses = strategy.run(self._replica_step, (parts, shares))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    def _replica_step(self, arrays: dict[str, tf.Tensor], share: tf.Tensor | float) -> tf.Tensor:
        """Take a device's part of a step; return its share of the loss."""
        with tf.GradientTape() as tape, products_in(tf.as_dtype(self.precision)):
            loss = self.loss(**arrays) * share
        gradients = tape.gradient(loss, self.optimizer.variables)
        self.optimizer.apply(sum_over_replicas(gradients))
        return loss

    def set_learning_rate(self, rate: float) -> None:
        """Set the rate of all optimisers."""
        for optimizer in self.optimizers:
            optimizer.learning_rate.assign(rate)

    def restart_adam(self) -> None:
        """Start all optimisers from zero, as after construction."""
        for optimizer in self.optimizers:
            optimizer.reset()

    def line(
        self, epoch: int, end: int, shape: int, shapes: int, seconds: float, losses: list
    ) -> str:
        """Return the original's line of progress: epoch of `end`, shape of `shapes`, seconds
        so far, the last of the epoch's losses and their mean."""
        return (
            f"Epoch: [{epoch:2d}/{end:2d}] [{shape:4d}/{shapes:4d}] time: {seconds:4.4f}, "
            f"loss: {losses[-1]:.8f}, avgloss: {np.mean(losses):.8f}"
        )

    def calibrate(self, steps: int, batches: Iterable[np.ndarray]) -> bool:
        """After few `steps`, take batch norms' averages over batches of inputs; say whether.

        Kinds whose batch norms need it define `forward`, which runs them in training mode.
        """
        norms = [m for module in self.modules for m in module.submodules]
        norms = [norm for norm in norms if isinstance(norm, BatchNorm)]
        return calibrate_if_few(norms, steps, self._forward, batches)

    @graph
    def _forward(self, inputs: tf.Tensor) -> None:
        self.forward(inputs)


def fingerprint(module: tf.Module) -> str:
    """Return 16 letters that tell a module's weights from others."""
    digest = hashlib.sha256()
    for variable in sorted(module.variables, key=lambda variable: variable.name):
        digest.update(variable.name.encode() + variable.numpy().tobytes())
    return digest.hexdigest()[:16]


def sizes_in(
    tensors: Mapping[str, np.ndarray], prefix: Path, sizes: Callable[[Mapping], dict[str, Any]]
) -> dict[str, Any]:
    """Return the sizes that a function reads off the shapes of a checkpoint's tensors.

    Raises:
        UserError: a tensor is missing.
    """
    try:
        return sizes({name: tensor.shape for name, tensor in tensors.items()})
    except KeyError as error:
        raise UserError(
            f"checkpoint {prefix} has no {error.args[0]}: it is another network's"
        ) from error


def load(
    kind: type[Kind],
    folder: Path,
    asked: Mapping[str, Any],
    learning_rate: float = 5e-5,
    beta1: float = 0.5,
) -> Kind:
    """Load a network and say so.

    Args:
        kind: of the network.
        folder: of its checkpoints, whose newest is meant, or one of them: a prefix, a `.pth` file.
        asked: sizes that the user asks for, by name; None stands for any.
        learning_rate, beta1: of Adam.

    Raises:
        UserError: as from_checkpoint does, or a size differs from the checkpoint's.
    """
    network = kind.from_checkpoint(folder, learning_rate, beta1)
    for name, wanted in asked.items():
        found = getattr(network, name, None)
        if wanted not in (None, found):
            raise UserError(
                f"`{name}` {wanted}, but the checkpoint in {folder} has {found}: "
                "leave it out, or choose another network"
            )
    print(f"loaded {find_checkpoint(folder, kind.name, kind.port_name)}")
    return network


def load_or_make(
    kind: type[Kind],
    folder: Path,
    asked: Mapping[str, Any],
    make: Callable[[], Kind],
    **rates: float,
) -> tuple[Kind, int]:
    """Return the network of the newest checkpoint, or a new one, and the epoch it goes on with.

    Arguments as in `load`, and `make`, which gives a new network. Training writes to the folder.

    Raises:
        UserError: as `load` does, or a checkpoint is named instead of its folder.
    """
    if folder.is_file() or Path(f"{folder}.index").is_file():
        raise UserError(
            f"{folder} is a checkpoint: name its folder, which training writes to; a .pth file in "
            f"it must be called {kind.port_name or kind.name}-<step>.pth"
        )
    checkpoint = newest_checkpoint(folder, kind.name, kind.port_name)
    if checkpoint is not None:
        return load(kind, folder, asked, **rates), step_of(checkpoint) + 1
    network = make()
    sizes = [f"{name} {getattr(network, name)}" for name in asked if hasattr(network, name)]
    print(", ".join(["new weights", *sizes]))
    return network, 0
