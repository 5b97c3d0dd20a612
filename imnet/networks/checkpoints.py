"""TF1's name-based checkpoints: `X-N.index`, `X-N.data-00000-of-00001`, state file `checkpoint`."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.base.files import written_whole

STATE_FILE = "checkpoint"
PARTS = (".data-00000-of-00001", ".index")


def variable_name(variable: tf.Variable) -> str:
    """Give the name under which a variable is stored."""
    return variable.name.removesuffix(":0")


def step_of(prefix: Path) -> int:
    """Give the number at the end of a checkpoint's name, `IMAE.model-49` → 49."""
    return int(prefix.name.rpartition("-")[2])


def list_checkpoints(folder: Path, name: str) -> list[Path]:
    """Give the prefixes `<folder>/<name>-<step>` there are, in the order of their steps."""
    prefixes = [path.with_suffix("") for path in Path(folder).glob(f"{name}-*.index")]
    return sorted((p for p in prefixes if re.search(r"-\d+$", p.name)), key=step_of)


def newest_checkpoint(folder: str | Path, name: str) -> Path | None:
    """Give the prefix that the folder's state file names, else the one of the highest step.

    The state file may come from another machine: only the base name of its path counts.
    """
    folder = Path(folder)
    state = folder / STATE_FILE
    if state.is_file():
        named = re.match(r'model_checkpoint_path: "(.*)"', state.read_text(errors="replace"))
        base = re.split(r"[/\\]", named[1])[-1] if named else ""
        if re.fullmatch(re.escape(name) + r"-\d+", base) and (folder / f"{base}.index").is_file():
            return folder / base
    prefixes = list_checkpoints(folder, name)
    return prefixes[-1] if prefixes else None


def find_checkpoint(path: str | Path, name: str) -> Path:
    """Give the prefix meant by `path`: a folder (its newest checkpoint), a prefix, or its `.index`.

    Raises:
        UserError: there is none.
    """
    path = Path(path)
    if path.is_dir():
        prefix = newest_checkpoint(path, name)
        if prefix is None:
            raise UserError(f"no checkpoint {name}-<step> in {path}: train first or copy one there")
        return prefix
    prefix = path.with_suffix("") if path.suffix == ".index" else path
    if not Path(f"{prefix}.index").is_file():
        raise UserError(f"no checkpoint {path}: neither a folder nor a prefix with an .index file")
    return prefix


def read_checkpoint(prefix: Path) -> dict[str, np.ndarray]:
    """Read all tensors of a checkpoint.

    Raises:
        UserError: a file of it is missing, cut short or damaged.
    """
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    except (tf.errors.OpError, LookupError, ValueError, RuntimeError) as error:
        raise UserError(
            f"checkpoint {prefix} is damaged or incomplete: copy both its files again, "
            "or delete them to use an older one"
        ) from error


def assign(variables: Iterable[tf.Variable], tensors: Mapping[str, np.ndarray], where: str) -> None:
    """Set variables from a checkpoint's tensors by name.

    Raises:
        UserError: a tensor is missing, of another shape or no numbers; nothing is set then.
    """
    variables = list(variables)
    for variable in variables:
        name = variable_name(variable)
        if name not in tensors:
            raise UserError(f"checkpoint {where} has no {name}: it is of another network")
        shape, wanted = tuple(tensors[name].shape), tuple(variable.shape)
        if shape != wanted:
            raise UserError(f"checkpoint {where} has {name} of shape {shape}, wanted {wanted}")
        if not np.isfinite(tensors[name]).all():
            raise UserError(
                f"checkpoint {where}: {name} holds values that are no numbers: its training "
                "failed, take an older checkpoint"
            )
    for variable in variables:
        variable.assign(tensors[variable_name(variable)])


def restore(
    weights: Iterable[tf.Variable],
    state: Iterable[tf.Variable],
    tensors: Mapping[str, np.ndarray],
    where: str,
) -> None:
    """Set a network's weights by name, and its training state if all of it is stored.

    The original's autoencoder and GAN store none: their Adam then stays at its start.

    Raises:
        UserError: a weight is missing, or a tensor is of another shape.
    """
    state = list(state)
    assign(weights, tensors, where)
    if all(variable_name(variable) in tensors for variable in state):
        assign(state, tensors, where)


def write_variables(
    folder: str | Path, name: str, step: int, variables: Iterable[tf.Variable], keep: int
) -> Path:
    """Write variables as the checkpoint `<folder>/<name>-<step>`, see `write_checkpoint`."""
    tensors = {variable_name(variable): variable.numpy() for variable in variables}
    return write_checkpoint(folder, name, step, tensors, keep)


def write_checkpoint(
    folder: str | Path, name: str, step: int, tensors: Mapping[str, np.ndarray], keep: int
) -> Path:
    """Write `<folder>/<name>-<step>` whole, as the newest; keep no more than `keep` of the name."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / f"{name}-{step}"
    beside = folder / f".{prefix.name}.{os.getpid()}"
    names = sorted(tensors)
    try:
        tf.raw_ops.SaveV2(
            prefix=str(beside),
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=[tf.convert_to_tensor(tensors[n]) for n in names],
        )
        for part in PARTS:  # the index last: without it a checkpoint does not exist
            os.replace(f"{beside}{part}", f"{prefix}{part}")
    except tf.errors.OpError as error:
        raise UserError(f"cannot write checkpoint {prefix}: {error.message}") from error
    finally:
        for left in folder.glob(f"{beside.name}*"):
            left.unlink()
    others = [p for p in list_checkpoints(folder, name) if p != prefix]
    for old in others[: max(len(others) + 1 - keep, 0)]:
        for part in reversed(PARTS):
            Path(f"{old}{part}").unlink(missing_ok=True)
    kept = [*others[-(keep - 1) :], prefix] if keep > 1 else [prefix]
    lines = [f'model_checkpoint_path: "{prefix.name}"']
    lines += [f'all_model_checkpoint_paths: "{p.name}"' for p in kept]
    with written_whole(folder / STATE_FILE) as beside_state:
        beside_state.write_text("\n".join(lines) + "\n")
    return prefix
