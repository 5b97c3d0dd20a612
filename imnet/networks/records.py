"""run.json, beside the checkpoints: what was trained, with which flags, on what, by what."""

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

import imnet
from imnet.base.errors import UserError
from imnet.base.files import write_json
from imnet.networks.devices import on_gpu

RUN_FILE = "run.json"
BLOCKS, BLOCK = 64, 1 << 16  # of a dataset that are hashed, and the bytes of each


def read_record(folder: str | Path) -> dict[str, Any] | None:
    """Read the record in a folder of checkpoints: {"network": {...}, "runs": [...]}, or None.

    Raises:
        UserError: it is damaged.
    """
    path = Path(folder) / RUN_FILE
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text())
        if isinstance(record["network"], dict) and all("epochs" in r for r in record["runs"]):
            return record
    except (ValueError, LookupError, TypeError):
        pass
    raise UserError(f"{path} is damaged: remove it; training goes on without what it tells")


def last_run(folder: str | Path) -> dict[str, Any] | None:
    """Return the last run of the record in a folder; None if there is none."""
    record = read_record(folder)
    return record["runs"][-1] if record and record["runs"] else None


def learned_from(folder: str | Path, decoder: str) -> bool:
    """Whether the network in a folder may have learned codes of the decoder of a fingerprint.

    The record names that decoder, or none, or there is no record.
    """
    return (last_run(folder) or {}).get("decoder") in (None, decoder)


def epochs_of_run(
    folder: Path, start: int, epochs: int, stage: int | None, a_run: bool
) -> tuple[int, int]:
    """Return the first epoch of a run and the one to stop before.

    Args:
        folder: of the checkpoints and the record.
        start: the epoch after the newest checkpoint's.
        epochs: a total or, with `a_run`, as in the PyTorch port, those of this run. There a run
            that was interrupted keeps its first epoch.
        stage: resolution of the points; None where there is one stage only.
        a_run: how epochs are counted.

    Raises:
        UserError: a stage that is new has nothing to train.
    """
    last = last_run(folder)
    same = last is not None and last.get("stage") == stage
    if a_run:
        interrupted = same and last["epochs"][0] <= start < last["epochs"][1]
        first = last["epochs"][0] if interrupted else start
        return first, first + epochs
    if start >= epochs and last is not None and not same:
        raise UserError(
            f"nothing to train at {stage}³: epochs 0 to {start - 1} are trained, and {epochs} is "
            "the total: give a larger `epoch`"
        )
    return start, epochs


def describe_run(
    flags: Mapping[str, Any], dataset: Path, shapes: int, epochs: tuple[int, int], stage: int | None
) -> dict[str, Any]:
    """Describe a run as JSON: its flags, its dataset, its epochs, and what it runs on.

    Args:
        flags: of the program, by name.
        dataset: the file that is learned from.
        shapes: how many it holds.
        epochs: the first, and the one to stop before.
        stage: resolution of the points; None where there is one stage only.
    """
    plain = {name: _plain(value) for name, value in flags.items()}
    return {
        "epochs": list(epochs),
        "stage": stage,
        "flags": {name: value for name, value in plain.items() if value is not None},
        "dataset": {"file": dataset.name, "shapes": shapes, "fingerprint": _fingerprint(dataset)},
        "versions": {
            imnet.PACKAGE: imnet.__version__,
            "tensorflow": tf.__version__,
            "python": platform.python_version(),
        },
        "device": _device(),
    }


def write_run(folder: Path, network: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Add a run to the record in a folder; `network` says what is trained."""
    record = read_record(folder) or {"runs": []}
    runs = [other for other in record["runs"] if other != run]
    write_json(folder / RUN_FILE, {"network": network, "runs": [*runs, run]})


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _fingerprint(path: Path) -> str:
    """Return 16 letters that tell a file from others by its size and blocks spread over it."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for number in range(BLOCKS):
            file.seek(number * max(size - BLOCK, 0) // (BLOCKS - 1))
            digest.update(file.read(BLOCK))
    return digest.hexdigest()[:16]


def _device() -> str:
    if on_gpu():
        gpus = tf.config.list_physical_devices("GPU")
        names = [tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in gpus]
        return ", ".join(names)
    return f"CPU, {platform.machine()}"
