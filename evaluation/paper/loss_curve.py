# PYTHON_ARGCOMPLETE_OK
"""Draw the training curve that main.py recorded for TensorBoard, and list it as CSV.

python evaluation/paper/loss_curve.py --events FOLDER --output CURVE.png   (also writes CURVE.csv)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imnet.base.errors import UserError, run_program
from imnet.base.files import write_csv, written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.quiet import import_tensorflow

if TYPE_CHECKING:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    events: Path = option(REQUIRED, "folder of the checkpoints")
    output: Path = option(REQUIRED, "the picture, CURVE.png")


def open_events(folder: Path) -> "EventAccumulator":
    """Read all event files in a folder. Raises UserError if a training wrote none there."""
    import_tensorflow()  # which tensorboard imports
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    if "loss" not in events.Tags()["tensors"]:
        raise UserError(f"no loss in {folder}: name a folder of checkpoints that main.py wrote")
    return events


def read_scalars(folder: Path) -> dict[int, dict[str, float]]:
    """Read the scalars of all event files in a folder, as epoch → name → newest value.

    Raises:
        UserError: there is no loss in the folder.
    """
    events = open_events(folder)
    from tensorboard.util.tensor_util import make_ndarray

    epochs: dict[int, dict[str, float]] = {}
    for name in ("loss", "learning_rate"):
        for event in events.Tensors(name):
            epochs.setdefault(event.step, {})[name] = float(make_ndarray(event.tensor_proto))
    return dict(sorted(epochs.items()))


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    if options.output.suffix not in (".png", ".svg", ".pdf"):
        raise UserError(f"--output {options.output}: name a .png, .svg or .pdf file")
    from matplotlib import pyplot

    epochs = read_scalars(options.events)
    rows = [(e, f"{v['loss']:.6f}", f"{v['learning_rate']:.3e}") for e, v in epochs.items()]
    write_csv(options.output.with_suffix(".csv"), ["epoch", "loss", "learning_rate"], rows)
    pyplot.figure(figsize=(7, 3.5))
    pyplot.semilogy(list(epochs), [values["loss"] for values in epochs.values()], linewidth=1)
    pyplot.xlabel("epoch")
    pyplot.ylabel("mean loss of an epoch")
    pyplot.grid(alpha=0.3, which="both")
    pyplot.tight_layout()
    with written_whole(options.output) as beside:
        pyplot.savefig(beside, dpi=110)


if __name__ == "__main__":
    run_program(main)
