"""Bounds for numbers that float32 rounds: measured from the network at hand, on this processor.

What a network computes in float32 depends on the order of its sums, which differs between
processors, libraries and their versions. How far that leads is measured: all weights are moved by
units in their last place, up or down at random, and everything is computed again. A forward pass
makes little more of it than it is; Adam's first steps after a norm make a hundred thousand times as
much, because they are as long for a gradient that is nothing but rounding as for any other.
"""

from collections.abc import Callable, Mapping

import numpy as np

from imnet.networks.network import Network

TRIALS = 2
FACTOR = 8  # the farthest of TRIALS is not the farthest there is


def assert_agrees(
    network: Network,
    compute: Callable[[Network], Mapping[str, np.ndarray]],
    golden: Mapping[str, np.ndarray],
    terms: int = 1,
    norms: int = 0,
) -> None:
    """Assert that what a network computes is as near to golden numbers as float32 promises.

    Args:
        network: with the weights and the training state to start from, and which it has afterwards.
        compute: returns arrays by name; it may train the network. The rows of "losses" are steps:
            the bound of each is the largest of all steps up to it. Other arrays have one bound.
        golden: what the arrays should be.
        terms: of the largest sum that a step rounds, see `units`; 1 where only the
            forward pass is computed, in which the errors of sums average out.
        norms: how many norms with moments of so many terms follow each other. What they round is
            no matter of chance: the same kernel is off the same way in each, and it adds up.
    """
    units = 2 * terms**0.5  # what a variance of 64³ values is off by, measured: 1,140 units
    found, spreads = spread(network, compute, units)
    assert found.keys() == golden.keys()
    for name, values in found.items():
        wanted = np.reshape(golden[name], values.shape)
        apart = spreads[name]
        apart = np.maximum.accumulate(apart) if name == "losses" else apart.max()
        floor = np.spacing(np.float32(np.abs(wanted).max())) * max(FACTOR, norms * units)
        bound = np.maximum(FACTOR * apart, floor)
        ratio = (np.abs(values - wanted) / bound).max()
        assert ratio <= 1, f"{name} is off by {ratio:.2f} times its bound, {np.max(bound):.2e}"


def spread(
    network: Network, compute: Callable[[Network], Mapping[str, np.ndarray]], units: float
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return what `compute` returns, and how far it moves with weights moved by `units`."""
    variables = [*network.weights, *network.training_state]
    start = [variable.numpy() for variable in variables]

    def computed(seed: int | None) -> dict[str, np.ndarray]:
        for variable, values in zip(variables, start, strict=True):
            variable.assign(values)
        if seed is not None:
            move(network, np.random.default_rng(seed), units)
        return {name: np.asarray(values) for name, values in compute(network).items()}

    trials = [computed(seed) for seed in range(TRIALS)]
    found = computed(None)
    apart = {n: np.max([np.abs(t[n] - found[n]) for t in trials], axis=0) for n in found}
    return found, apart


def move(network: Network, rng: np.random.Generator, units: float) -> None:
    """Move each weight of a network by some units in its last place, up or down."""
    for weight in network.weights:
        values = weight.numpy()
        if values.dtype == np.float32:
            weight.assign(values + units * np.spacing(values) * rng.choice([-1, 1], values.shape))
