# PYTHON_ARGCOMPLETE_OK
"""Draw the IoU of held-out shapes over a training's presentations and minutes: is it converged?

python evaluation/paper/iou_curve.py --checkpoints FOLDER [FOLDER ...] --dataset TEST.hdf5
    --output X.csv
Evaluates every checkpoint of each folder. Also draws X.png. A training keeps its ten newest
checkpoints: choose its --save_interval so that they span it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.files import write_csv, written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.progress import progress
from imnet_evaluation.checkpoint import load_autoencoder, reconstruct_dataset
from imnet_evaluation.paper.loss_curve import open_events

HEADINGS = ["training", "epoch", "presentations", "minutes", "iou", "field_error"]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    checkpoints: tuple[Path, ...] = option(REQUIRED, "folders of checkpoints, a curve each")
    shapes: tuple[int, ...] = option(REQUIRED, "how many shapes each was trained on", least=1)
    names: tuple[str, ...] | None = option(None, "names of the curves, by default the folders'")
    dataset: Path = option(REQUIRED, "the held-out shapes, FILE.hdf5")
    output: Path = option(REQUIRED, "the table, X.csv")

    def __post_init__(self) -> None:
        """Raise UserError unless there are a number of shapes and a name for each folder."""
        if len(self.shapes) != len(self.checkpoints):
            raise UserError("--shapes: give a number for each folder of --checkpoints")
        if len(set(self.curves)) != len(self.checkpoints):
            raise UserError("--names: give each folder of --checkpoints a name of its own")

    @property
    def curves(self) -> tuple[str, ...]:
        """The names of the curves."""
        return self.names or tuple(folder.resolve().name for folder in self.checkpoints)


def minutes_of_epochs(folder: Path) -> dict[int, float]:
    """Return the minutes from the start of a training to the end of each epoch, pauses included."""
    events = open_events(folder)
    scalars = events.Tensors("learning_rate")
    began = events.FirstEventTimestamp()
    return {event.step: (event.wall_time - began) / 60 for event in scalars}


def curve(name: str, folder: Path, shapes: int, dataset: Path) -> Iterator[tuple]:
    """Yield the rows of HEADINGS for the checkpoints of a folder, in their order."""
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # each checkpoint is another network: that is meant
    from imnet.networks.checkpoints import list_checkpoints, step_of

    prefixes = list_checkpoints(folder, load_autoencoder(folder).name)
    minutes = minutes_of_epochs(folder)
    for prefix in progress(prefixes, name, unit="checkpoint"):
        mean = reconstruct_dataset(prefix, dataset).summary[0]
        epoch = step_of(prefix)
        presentations = (epoch + 1) * shapes
        figures = f"{mean['iou']:.4f}", f"{mean['field_error']:.6f}"
        taken = f"{minutes[epoch]:.1f}" if epoch in minutes else "nan"
        yield name, epoch, presentations, taken, *figures


def draw(path: Path, rows: list[tuple]) -> None:
    """Draw a curve for each training: IoU over presentations, and over minutes."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 3.5), sharey=True, layout="constrained")
    for axis, heading in zip(axes, ("presentations", "minutes"), strict=True):
        for name in dict.fromkeys(row[0] for row in rows):
            of_training = [row for row in rows if row[0] == name]
            x = [float(row[HEADINGS.index(heading)]) for row in of_training]
            axis.plot(x, [float(row[4]) for row in of_training], marker=".", label=name)
        axis.set_xlabel(heading)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("mean IoU of held-out shapes")
    lines = axes[0].get_lines()
    figure.legend(handles=lines, loc="outside right upper")
    with written_whole(path) as beside:
        figure.savefig(beside, dpi=110)


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    if options.output.suffix != ".csv":
        raise UserError(f"--output {options.output}: name a .csv file")
    trainings = zip(options.curves, options.checkpoints, options.shapes, strict=True)
    rows = [row for training in trainings for row in curve(*training, options.dataset)]
    write_csv(options.output, HEADINGS, rows)
    draw(options.output.with_suffix(".png"), rows)
    print(f"{options.output}: {len(rows)} checkpoints")


if __name__ == "__main__":
    run_program(main)
