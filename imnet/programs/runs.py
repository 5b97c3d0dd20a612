"""The training that a program's flags ask for."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from imnet.networks.records import describe_run
from imnet.networks.trainer import Trainer


def trainer_of(
    options: Any,
    folder: Path,
    dataset: Path,
    shapes: int,
    start: int,
    end: int,
    *,
    save_interval: int,
    line_interval: int = 1,
    first: int | None = None,
    total: int | None = None,
    stage: int | None = None,
    decoder: str | None = None,
) -> Trainer:
    """Return the Trainer that a program's flags ask for; it records them beside the checkpoints.

    Args:
        options: the flags, a dataclass; learning_rate and half_life are among them.
        folder: of the checkpoints.
        dataset: the file that is learned from.
        shapes: how many it holds.
        start: the first epoch to train.
        end: the epoch to stop before.
        save_interval: epochs between checkpoints.
        line_interval: epochs between those that print lines of progress.
        first: the run's first epoch, if it was interrupted; else `start`.
        total: the epochs that lines of progress name; `end` if None.
        stage: resolution of the points; None where there is one stage only.
        decoder: fingerprint of the decoder whose codes are learned, for the record.
    """
    epochs = start if first is None else first, end
    run = describe_run(asdict(options), dataset, shapes, epochs, stage)
    return Trainer(
        folder=folder,
        shapes=shapes,
        start=start,
        end=end,
        total=end if total is None else total,
        learning_rate=options.learning_rate,
        half_life=options.half_life,
        cosine=options.cosine,
        line_interval=line_interval,
        save_interval=save_interval,
        run={**run, "decoder": decoder} if decoder else run,
    )
