"""The block-compressed 256³ voxel models of HSP (Häne et al. 2017), MATLAB files."""

from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, one_line

_BLOCK = 16  # voxels along a block, and blocks along the grid


def load(name: str, path: Path) -> tuple[np.ndarray, None]:
    """Load the shape of a .mat file, bool [256, 256, 256], without a remark."""
    return read_hsp(path), None


def read_hsp(path: str | Path) -> np.ndarray:
    """Read one .mat file of modelBlockedVoxels256: bool [256, 256, 256] in ShapeNet v2 axes.

    The file holds the distinct blocks `b` [blocks, 16, 16, 16] and the grid of their numbers `bi`
    [16, 16, 16], from 1. Raises UserError for a file that is no whole .mat file or lacks these two.
    """
    from scipy.io import loadmat  # here, because only this sampler needs it

    with open(path, "rb") as file:
        if file.read(10) == b"MATLAB 7.3":
            raise UserError(f"{path} is of MATLAB's v7.3 format: save it with '-v7'")
    try:
        content = loadmat(path, variable_names=["b", "bi"])
    except Exception as error:  # scipy's reader raises anything on a corrupt file
        raise UserError(f"{path} cannot be read as a .mat file: {one_line(error)}") from error
    if "b" not in content or "bi" not in content:
        raise UserError(f"{path} has no variables b and bi: it is not a file of HSP")
    for key in ("b", "bi"):
        if np.asarray(content[key]).dtype.kind not in "biuf":
            raise UserError(f"{path}: {key} is no array of numbers")
    return assemble(content["b"], content["bi"], path)


def assemble(blocks: np.ndarray, numbers: np.ndarray, name: str | Path) -> np.ndarray:
    """Put blocks [n, 16, 16, 16] together by their numbers [16, 16, 16], which count from 1.

    Returns bool [256, 256, 256], turned from HSP's axes, which are ShapeNet v1's, to v2's. The axis
    of a single block may be missing or not the first. `name` is for messages. Raises UserError for
    other shapes and for numbers that no block has.
    """
    if blocks.squeeze().shape == (_BLOCK,) * 3:
        blocks = blocks.reshape(1, _BLOCK, _BLOCK, _BLOCK)
    if blocks.ndim != 4 or blocks.shape[1:] != (_BLOCK,) * 3:
        raise UserError(f"{name}: b is {blocks.shape}, wanted (blocks, 16, 16, 16)")
    if numbers.shape != (_BLOCK,) * 3:
        raise UserError(f"{name}: bi is {numbers.shape}, wanted (16, 16, 16)")
    known = np.isin(numbers, np.arange(1, len(blocks) + 1))
    if not known.all():
        wrong = numbers[~known][0]
        raise UserError(f"{name}: bi names block {wrong}, but there are blocks 1 to {len(blocks)}")
    size = _BLOCK * _BLOCK
    # turn the blocks and their places, which costs less than to turn the whole grid
    blocks, numbers = (a.swapaxes(-3, -1)[..., ::-1] for a in (blocks != 0, numbers))
    cells = blocks[numbers.astype(np.int64) - 1]  # [I, J, K, i, j, k]
    return cells.transpose(0, 3, 1, 4, 2, 5).reshape(size, size, size)  # [I i, J j, K k]
