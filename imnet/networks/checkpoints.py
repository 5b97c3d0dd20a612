"""TF1's name-based checkpoints: `X-N.index`, `X-N.data-00000-of-00001`, state file `checkpoint`."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError, full_disk, say_once
from imnet.base.files import written_whole
from imnet.networks.port_names import from_port
from imnet.networks.pytorch import read_pth

STATE_FILE = "checkpoint"
PARTS = (".data-00000-of-00001", ".index")
PTH = ".pth"
MARK = "pytorch_variant"  # a tensor in checkpoints of that variant: image encoders look alike


def variable_name(variable: tf.Variable) -> str:
    """Return the name under which a variable is stored."""
    return variable.name.removesuffix(":0")


def step_of(checkpoint: Path) -> int:
    """Return the number at the end of a checkpoint's name: `IMAE.model-49` → 49."""
    return int(checkpoint.name.removesuffix(PTH).rpartition("-")[2])


def list_checkpoints(folder: Path, name: str) -> list[Path]:
    """Return the prefixes `<folder>/<name>-<step>` there are, in the order of their steps."""
    pattern = re.compile(re.escape(name) + r"-\d+\.index")
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted(
        (folder / n[: -len(".index")] for n in names if pattern.fullmatch(n)), key=step_of
    )


def list_pth_files(folder: Path, port_name: str) -> list[Path]:
    """Return the port's files `<port_name>[size]-<epoch>.pth`, by size and epoch."""
    pattern = re.compile(re.escape(port_name) + r"(\d*)-(\d+)\.pth")
    names = os.listdir(folder) if folder.is_dir() else []
    found = [(match, folder / match[0]) for name in names if (match := pattern.fullmatch(name))]
    return [path for _, path in sorted(found, key=lambda f: (int(f[0][1] or 0), int(f[0][2])))]


def newest_checkpoint(folder: str | Path, name: str, port_name: str = "") -> Path | None:
    """Return the newest checkpoint of a folder; None if there is none.

    It is the one that the folder's state file names, else the one of the highest step; and only
    if there is none of ours, a file of the PyTorch port.

    Args:
        folder: to look in.
        name: of the checkpoints, `<name>-<step>`.
        port_name: of the port's files, `<port_name>[size]-<epoch>.pth`; without it they are not
            looked for.

    Raises:
        UserError: files of a newer checkpoint lie there, but not all.
    """
    folder = Path(folder)
    named = _named_by_state(folder)
    ours = list_checkpoints(folder, name)
    of_port = list_pth_files(folder, port_name) if port_name else []
    _refuse_parts(folder, name, step_of(ours[-1]) if ours else -1, named if not of_port else "")
    for found in (ours, of_port):
        for checkpoint in found:
            if checkpoint.name == named:
                return checkpoint
        if found:
            return found[-1]
    return None


def _named_by_state(folder: Path) -> str:
    """The name of the checkpoint in the state file's first line; empty if there is none.

    The file may come from another machine: only the base name of its path counts.
    """
    state = folder / STATE_FILE
    text = state.read_text(errors="replace") if state.is_file() else ""
    named = re.match(r'model_checkpoint_path: "(.*)"', text)
    path = named[1] if named else text.partition("\n")[0].strip()
    return re.split(r"[/\\]", path)[-1]


def _refuse_parts(folder: Path, name: str, newest: int, named: str) -> None:
    """Raise UserError for a checkpoint without .index that is newer than the step of `newest`.

    A training that started from older weights would write over what is left of it. The data file
    or, where no checkpoint is whole, the state file tells of it. What a killed training of ours did
    not finish is no such part: its .index is still there under a hidden name.
    """
    names = os.listdir(folder) if folder.is_dir() else []
    wanted = re.compile(rf"({re.escape(name)}-(\d+))({re.escape(PARTS[0])})?")
    of_state = [named] if newest < 0 else []
    for match in filter(None, map(wanted.fullmatch, sorted([*names, *of_state]))):
        prefix, step = match[1], int(match[2])
        unfinished = any(n.startswith(f".{prefix}.") and n.endswith(PARTS[1]) for n in names)
        if step <= newest or unfinished:
            continue
        _refuse_old_format(folder / prefix)
        missing = [f"{prefix}{part}" for part in PARTS if f"{prefix}{part}" not in names]
        other = [n for n in names if n.startswith(prefix) and n.endswith(PARTS[1])]
        hint = f" ({other[0]} may be it: rename it)" if other else ""
        raise UserError(
            f"{folder}: {' and '.join(missing)} of a checkpoint {'are' if missing[1:] else 'is'} "
            f"missing{hint}: copy all its files there, or remove what is left of it and the file "
            f"{STATE_FILE}"
        )


def _refuse_old_format(prefix: Path) -> None:
    """Raise UserError where a whole checkpoint is one file, as TensorFlow wrote it before 1.0."""
    if re.search(r"-\d+$", prefix.name) and prefix.is_file():
        raise UserError(
            f"{prefix} is a checkpoint in TensorFlow's old format V1, one file, which is not read: "
            "read its tensors with tf.train.load_checkpoint and write them with tf.raw_ops.SaveV2"
        )


def place_exists(place: str | Path) -> bool:
    """Whether there is a folder or file of this name, or a checkpoint with this prefix."""
    return Path(place).exists() or Path(f"{place}.index").exists()


def find_checkpoint(path: str | Path, name: str, port_name: str = "") -> Path:
    """Return the checkpoint meant by `path`: a folder (its newest), prefix, `.index` or `.pth`.

    Raises:
        UserError: there is none.
    """
    path = Path(path)
    if path.is_dir():
        checkpoint = newest_checkpoint(path, name, port_name)
        if checkpoint is None:
            raise UserError(f"no checkpoint {name}-<step> in {path}: {_instead(path)}")
        return checkpoint
    if path.suffix == PTH and path.is_file():
        return path
    prefix = path.with_suffix("") if path.suffix == ".index" else path
    if not Path(f"{prefix}.index").is_file():
        _refuse_old_format(prefix)
        raise UserError(
            f"no checkpoint {path}: no folder, no prefix with an .index file, no .pth file"
        )
    return prefix


def _instead(folder: Path) -> str:
    """Say what a folder without the wanted checkpoint holds, or what to do."""
    if found := sorted(folder.glob(f"*{PARTS[1]}")):
        return f"it holds {found[-1].name}, of another network"
    if found := sorted(folder.glob(f"*{PTH}")):
        return f"it holds {found[-1].name}: name that file"
    below = sorted({path.parent for path in folder.glob(f"*/*{PARTS[1]}")})
    if below:
        return f"is one of its folders meant, such as {below[0]}?"
    return "train first or copy one there"


def read_checkpoint(checkpoint: Path) -> dict[str, np.ndarray]:
    """Read all tensors of a checkpoint; those of a `.pth` file under our names, and marked.

    Raises:
        UserError: a file of it is missing, cut short or damaged.
    """
    if checkpoint.suffix == PTH:
        tensors, unknown = from_port(read_pth(checkpoint))
        if unknown:
            names = ", ".join(unknown[:3]) + (" ..." if unknown[3:] else "")
            say_once(f"{checkpoint} has tensors that no network of the port has, left out: {names}")
        return {**tensors, MARK: np.array(1, np.int32)}
    with _opened(checkpoint) as reader:
        return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def tensor_shapes(checkpoint: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors of `read_checkpoint`.

    Our checkpoints are not read for it. Raises UserError as `read_checkpoint` does, where the
    tensors' names show the damage.
    """
    if checkpoint.suffix == PTH:
        return {name: tensor.shape for name, tensor in read_checkpoint(checkpoint).items()}
    with _opened(checkpoint) as reader:
        return {name: tuple(s) for name, s in reader.get_variable_to_shape_map().items()}


@contextmanager
def _opened(checkpoint: Path) -> Iterator[Any]:
    """Yield TensorFlow's reader of a checkpoint; what it raises in the block becomes UserError."""
    for part in PARTS:
        if not os.path.exists(f"{checkpoint}{part}"):
            raise UserError(
                f"checkpoint {checkpoint} is incomplete: {checkpoint.name}{part} is missing: copy "
                "it there too"
            )
        open(f"{checkpoint}{part}", "rb").close()  # what may not be read is not damaged
    try:
        with _plainly_named(checkpoint) as prefix:
            yield tf.train.load_checkpoint(str(prefix))
    except (tf.errors.OpError, LookupError, ValueError, RuntimeError) as error:
        raise UserError(
            f"checkpoint {checkpoint} is damaged: copy both its files again, or name an older one"
        ) from error


@contextmanager
def _plainly_named(prefix: Path) -> Iterator[Path]:
    """Yield a prefix of the same files that holds no pattern, as TensorFlow takes its name for."""
    if not re.search(r"[\[\]*?\\]", str(prefix)):
        yield prefix
        return
    with TemporaryDirectory() as folder:
        for part in PARTS:
            Path(folder, f"checkpoint{part}").symlink_to(Path(f"{prefix}{part}").absolute())
        yield Path(folder, "checkpoint")


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


def remove_torn(folder: Path, name: str) -> None:
    """Remove the files of checkpoints `<name>-<step>` that a killed training did not finish."""
    _remove_unfinished(folder, f".{name}-*")


def _remove_unfinished(folder: Path, pattern: str) -> None:
    """Remove hidden files, and the data files that stand without the .index among these."""
    data, index = PARTS
    for left in folder.glob(pattern):
        prefix = folder / left.name[1:].removesuffix(index).rpartition(".")[0]  # without process
        if left.suffix == index and not Path(f"{prefix}{index}").exists():
            Path(f"{prefix}{data}").unlink(missing_ok=True)
        left.unlink()


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
        # Without its index a checkpoint does not exist. Parts of two never stand together.
        Path(f"{prefix}.index").unlink(missing_ok=True)
        for part in PARTS:
            os.replace(f"{beside}{part}", f"{prefix}{part}")
    except tf.errors.OpError as error:
        number = full_disk(error)
        reason = os.strerror(number) if number else error.message
        raise UserError(f"cannot write checkpoint {prefix}: {reason}") from error
    finally:
        _remove_unfinished(folder, f"{beside.name}.*")
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
