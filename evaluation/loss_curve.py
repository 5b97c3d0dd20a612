"""Draw the training curve that main.py wrote for TensorBoard, and list it as CSV.

python evaluation/loss_curve.py --events FOLDER --output CURVE.png   (also writes CURVE.csv)
"""

import argparse
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.networks.quiet import import_tensorflow


def read_scalars(folder: Path) -> dict[int, dict[str, float]]:
    """Give epoch → name → value of all event files in a folder, the newest value of each.

    Raises:
        UserError: there is no loss in the folder.
    """
    import_tensorflow()  # which tensorboard imports
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    epochs: dict[int, dict[str, float]] = {}
    for name in events.Tags()["tensors"]:
        for event in events.Tensors(name):
            epochs.setdefault(event.step, {})[name] = float(make_ndarray(event.tensor_proto))
    if not any("loss" in values for values in epochs.values()):
        raise UserError(f"no loss in {folder}: name a folder of checkpoints that main.py wrote")
    return dict(sorted(epochs.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--output", type=Path, required=True, help="the picture, CURVE.png")
    options = parser.parse_args()
    from matplotlib import pyplot

    epochs = read_scalars(options.events)
    with written_whole(options.output.with_suffix(".csv")) as beside:
        rows = [f"{e},{v['loss']:.6f},{v['learning_rate']:.3e}" for e, v in epochs.items()]
        beside.write_text("\n".join(["epoch,loss,learning_rate", *rows]) + "\n")
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
