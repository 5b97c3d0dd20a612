"""Least squares by the method of Levenberg and Marquardt, for several problems at once.

D. Marquardt, An algorithm for least-squares estimation of nonlinear parameters, 1963.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-6, 1e4
TAKEN, REFUSED = 1 / 3, 4.0  # factors of the damping
FLOOR = 1e-3  # of the damping's diagonal, in its largest entry: what nothing depends on stays
ENOUGH = 1e-4  # a step that lowers the loss by less than this share is the last but one


class Equations(NamedTuple):
    """Of s problems: losses [s], JᵀWJ [s, n, n] and JᵀW(t - v) [s, n], float64."""

    loss: np.ndarray
    normal: np.ndarray
    pull: np.ndarray


class Minima(NamedTuple):
    """The numbers found [s, n] float64, losses [s] before and after, and why each stopped [s]."""

    found: np.ndarray
    before: np.ndarray
    loss: np.ndarray
    reasons: list[str]  # "converged", "steps" (all are taken) or "stuck" (no step lowers the loss)


def minimise(
    equations: Callable[[np.ndarray], Equations], start: np.ndarray, bounded: int, steps: int
) -> Minima:
    """Lower the losses of s problems by at most so many steps each, taken or not.

    Args:
        equations: numbers [s, n] → the equations there.
        start: numbers [s, n] to begin with.
        bounded: so many of the numbers, the first ones, stay in 0..1.
        steps: at most.
    """
    x = start.astype(np.float64)
    x[:, :bounded] = np.clip(x[:, :bounded], 0, 1)
    now = equations(x)
    before, damping = now.loss.copy(), np.full(len(x), FIRST_DAMPING)
    active, reasons = np.ones(len(x), bool), np.full(len(x), "steps", object)
    for _ in range(steps):
        tried = x.copy()
        for i in np.flatnonzero(active):
            tried[i] = _step(x[i], now.normal[i], now.pull[i], damping[i], bounded)
        new = equations(tried)
        better = active & (new.loss < now.loss)
        little = better & (now.loss - new.loss < ENOUGH * now.loss)
        x[better] = tried[better]
        for old_array, new_array in zip(now, new, strict=True):
            old_array[better] = new_array[better]
        factor = np.where(better, TAKEN, REFUSED)
        damping = np.clip(damping * factor, LEAST_DAMPING, 2 * MOST_DAMPING)
        stuck = active & (damping > MOST_DAMPING)
        reasons[little], reasons[stuck] = "converged", "stuck"
        active &= ~(little | stuck)
        if not active.any():
            break
    return Minima(x, before, now.loss, list(reasons))


def _step(
    x: np.ndarray, normal: np.ndarray, pull: np.ndarray, damping: float, bounded: int
) -> np.ndarray:
    """Return the numbers [n] after a damped step; those that a bound holds stay there."""
    free = ~(((x <= 0) & (pull < 0)) | ((x >= 1) & (pull > 0)))
    free[bounded:] = True
    diagonal = np.diag(normal)[free]
    if not len(diagonal) or diagonal.max() <= 0:
        return x
    damped = diagonal + FLOOR * diagonal.max()
    matrix = normal[np.ix_(free, free)] + np.diag(damping * damped + 1e-9 * diagonal.max())
    moved = x.copy()
    moved[free] += np.linalg.solve(matrix, pull[free])
    moved[:bounded] = np.clip(moved[:bounded], 0, 1)
    return moved
