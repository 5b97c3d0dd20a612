"""Which code is shown: mixtures of codes, directions among them, neighbours."""

import numpy as np


def corner_weights(count: int, across: float, up: float) -> np.ndarray:
    """Return the weights [count] of 2, 3 or 4 shapes at a place in the unit square.

    Four shapes stand at the corners (0, 0), (1, 0), (1, 1), (0, 1). The third of three stands at
    both upper corners, two stand at the left and the right side. Places outside are moved to the
    nearest side.
    """
    across, up = np.clip(np.nan_to_num([across, up]), 0, 1)
    lower, upper = ((1 - across) * (1 - up), across * (1 - up)), (across * up, (1 - across) * up)
    if count == 2:
        return np.array([1 - across, across])
    if count == 3:
        return np.array([*lower, up])
    return np.array([*lower, *upper])


def mixture(codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the code [z_dim] float32 of codes [n, z_dim] with weights [n] that add up to 1."""
    return (np.asarray(weights) @ codes).astype(np.float32)


def principal_directions(codes: np.ndarray, count: int) -> np.ndarray:
    """Return the first principal directions [k, z_dim] of codes [n, z_dim], k at most `count`.

    Each is as long as the codes' standard deviation along it.
    """
    centred = codes - codes.mean(axis=0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    kept = lengths[:count] > 1e-6
    scales = lengths[:count] / np.sqrt(len(codes))
    return (directions[:count] * scales[:, None])[kept].astype(np.float32)


def along(code: np.ndarray, directions: np.ndarray, steps: list[float]) -> np.ndarray:
    """Return code [z_dim] moved by `steps` [k] along `directions` [k, z_dim]; codes lie in 0..1."""
    steps = np.clip(np.nan_to_num(np.asarray(steps, np.float64)), -10, 10)
    return np.clip(code + steps @ directions, 0, 1).astype(np.float32)


def neighbour_noise(
    noise: np.ndarray, count: int, turn: float, rng: np.random.Generator, deviation: float
) -> np.ndarray:
    """Return noise [count, z_dim] near some noise [z_dim], of the same distribution.

    Each is turned by `turn` (radians) towards new noise of normal(0, deviation).
    """
    fresh = rng.normal(0, deviation, (count, len(noise)))
    return (np.cos(turn) * noise + np.sin(turn) * fresh).astype(np.float32)


def nearest(code: np.ndarray, codes: np.ndarray) -> int:
    """Return the number of the code among codes [n, z_dim] that is nearest to a code [z_dim]."""
    return int(np.linalg.norm(codes - code, axis=1).argmin())
