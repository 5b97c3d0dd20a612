"""Adam in TF1's formula, with state that is stored under TF1's names."""

from collections.abc import Sequence
from functools import cached_property

import tensorflow as tf

BETA2, EPSILON = 0.999, 1e-8


class Adam:
    """`lr_t = lr·sqrt(1 - beta2^t) / (1 - beta1^t)`, `var -= lr_t·m / (sqrt(v) + epsilon)`.

    `suffix` tells apart the step counters of several optimisers in one checkpoint, as TF1 did
    (`beta1_power`, `beta1_power_1`).

    The state is made when it is first asked for: a network that is only used has none.
    """

    def __init__(
        self,
        variables: Sequence[tf.Variable],
        learning_rate: float,
        beta1: float,
        suffix: str = "",
    ):
        self.variables = tuple(variables)
        self.learning_rate = tf.Variable(learning_rate, dtype=tf.float32, trainable=False)
        self.beta1, self.suffix = beta1, suffix
        self.factors = [1.0] * len(self.variables)  # on the rate of each; set before the first step

    @cached_property
    def powers(self) -> list[tf.Variable]:
        """The step counters beta1^t and beta2^t."""
        with tf.init_scope():  # not in a graph that is traced just then
            return [
                tf.Variable(beta, dtype=tf.float32, trainable=False, name=name)
                for name, beta in zip(self._power_names, (self.beta1, BETA2), strict=True)
            ]

    @cached_property
    def slots(self) -> list[list[tf.Variable]]:
        """The moments m and v of each variable."""
        with tf.init_scope():
            return [
                [tf.Variable(tf.zeros_like(variable), trainable=False, name=n) for n in names]
                for variable, names in zip(self.variables, self._slot_names, strict=True)
            ]

    @property
    def _power_names(self) -> list[str]:
        return [f"{name}{self.suffix}" for name in ("beta1_power", "beta2_power")]

    @property
    def _slot_names(self) -> list[list[str]]:
        names = (variable.name.removesuffix(":0") for variable in self.variables)
        return [[f"{name}/Adam", f"{name}/Adam_1"] for name in names]

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Move the variables one step; `gradients` are in their order, None for one that stays."""
        beta1_power, beta2_power = self.powers
        updates = [
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=beta1_power,
                beta2_power=beta2_power,
                lr=self.learning_rate * factor,
                beta1=self.beta1,
                beta2=BETA2,
                epsilon=EPSILON,
                grad=gradient,
            )
            for variable, (m, v), factor, gradient in zip(
                self.variables, self.slots, self.factors, gradients, strict=True
            )
            if gradient is not None
        ]
        with tf.control_dependencies([update for update in updates if update is not None]):
            beta1_power.assign(beta1_power * self.beta1)
            beta2_power.assign(beta2_power * BETA2)

    def reset(self) -> None:
        """Start from zero, as after construction."""
        for m, v in self.slots:
            m.assign(tf.zeros_like(m))
            v.assign(tf.zeros_like(v))
        for power, beta in zip(self.powers, (self.beta1, BETA2), strict=True):
            power.assign(beta)

    def state(self) -> list[tf.Variable]:
        """Everything a checkpoint must hold to continue: the moments and the step counters."""
        return [slot for pair in self.slots for slot in pair] + self.powers

    def state_names(self) -> list[str]:
        """The names of `state` in checkpoints; nothing is made for them."""
        return [name for pair in self._slot_names for name in pair] + self._power_names
