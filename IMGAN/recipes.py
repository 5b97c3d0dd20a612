"""Recipes: flags of a training that are known to work for a kind of dataset."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from imnet.base.errors import UserError
from imnet.base.flags import option
from imnet.base.names import counted
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.programs.training_options import TRAINING
from imnet.programs.versions import VERSIONS

FEW = 20  # shapes that the recipe of that name was made for
# with new and with trained weights
STEPS = {False: 1400, True: 800}  # for a shape; FEW shapes take four times as many
ENCODER_STEPS = {False: 200, True: 100}  # of these
LEARNED = 0.95  # IoU of each shape
SHAPES_A_STEP = 4
NEW = {"z_dim": 64, "ef_dim": 8, "gf_dim": 32, "norm": "instance"}  # where weights are new


@dataclass(frozen=True)
class RecipeOptions:
    """How an autoencoder's training begins, and when it ends."""

    recipe: str | None = option(
        None,
        f"with --ae --train: flags that suit a dataset, printed; those that are given win. few: 1 "
        f"to {FEW} shapes, in minutes",
        choices=("few",),
        group=TRAINING,
    )
    start_from: str | None = option(
        None,
        "with --ae: begin at epoch 0 with the weights of a trained autoencoder, not with new ones: "
        "a place, as --model; it decides widths, norm and version",
        metavar="PATH",
        group=TRAINING,
    )
    encoder_rate: float = option(
        1.0,
        "factor on the encoder's learning rate: below 1 its codes do not saturate in the first "
        "steps",
        above=0,
        group=TRAINING,
    )
    encoder_epochs: int | None = option(
        None,
        "train the encoder in the first so many epochs only; after them the codes stay, and a step "
        "takes about half the time",
        least=1,
        group=TRAINING,
    )
    loss: str = option(
        "mse",
        "of the implicit decoder: mse, the paper's, or cross_entropy, which learns thin parts that "
        "mse leaves out",
        choices=("mse", "cross_entropy"),
        group=TRAINING,
    )
    from_voxels: bool = option(
        False,
        "with --points_per_step: take them from the 64³ voxels, half next to the surface, half "
        "anywhere; of shapes with a large surface, the stored points leave out most of it",
        group=TRAINING,
    )
    iou_interval: int | None = option(
        None,
        "with --ae: epochs between lines, each with the IoU of the training shapes, which "
        "TensorBoard shows too",
        least=1,
        group=TRAINING,
    )
    stop_iou: float | None = option(
        None,
        "with --iou_interval: end the training when each of these IoUs is at least this",
        above=0,
        most=1,
        group=TRAINING,
    )

    def check_recipe(self) -> None:
        """Raise UserError for flags that mean nothing without a training, or contradict."""
        defaults = {field.name: field.default for field in fields(RecipeOptions)}
        given = [name for name, value in defaults.items() if getattr(self, name) != value]
        if given and not (self.ae and self.train):
            raise UserError(f"--{given[0]} is of an autoencoder's training: add --ae --train")
        if self.start_from and self.model:
            raise UserError(
                "--model goes on with a network where it lies, --start_from begins another with "
                "its weights: choose one"
            )
        if self.from_voxels and not (self.points_per_step or self.recipe):
            raise UserError("--from_voxels draws points: say how many with --points_per_step")
        if self.from_voxels and (self.sample_vox_size or self.real_size) != VOXEL_RESOLUTION:
            raise UserError(
                f"--from_voxels: the voxels are {VOXEL_RESOLUTION}³: no other --real_size"
            )
        if self.stop_iou is not None and not (self.iou_interval or self.recipe):
            raise UserError("--stop_iou needs --iou_interval: the epochs between two looks")
        if self.stop_iou is not None and self.workers is not None:
            raise UserError("--stop_iou is for one machine: leave it out with --workers")


def recipe_flags(shapes: int, trained: bool) -> dict[str, Any]:
    """Return the flags of the recipe `few` by name.

    Args:
        shapes: of the dataset.
        trained: whether the weights are a trained network's, which has its own widths and norm.
    """
    a_step = min(shapes, SHAPES_A_STEP)
    an_epoch = -(-shapes // a_step)  # steps
    epochs = round(STEPS[trained] * (1 + 3 * shapes / FEW) / an_epoch)
    return {
        **({} if trained else NEW),
        "learning_rate": 0.001,
        "beta1": 0.9,
        "loss": "cross_entropy",
        "encoder_rate": 0.1,
        "encoder_epochs": -(-ENCODER_STEPS[trained] // an_epoch),
        "cosine": True,
        "shapes_per_step": a_step,
        "points_per_step": 1024,
        "from_voxels": True,
        "epoch": epochs,
        "save_interval": max(epochs // 8, 1),
        "iou_interval": max(epochs // 16, 1),
        "stop_iou": LEARNED,
    }


def with_recipe(options: Any, words: list[str], parse: Callable[[list[str]], Any]) -> Any:
    """Return the flags with those of the recipe that are not given, and print these.

    Where the dataset is not there, which the training says, the flags stay as they are.

    Args:
        options: the flags as they are given.
        words: of the command line.
        parse: gives the flags of other words.

    Raises:
        UserError: the dataset is not named or damaged, or as `parse` does.
    """
    if options.dataset is None:
        raise UserError(f"--recipe {options.recipe} needs --dataset")
    shapes = _shapes_of(options)
    if shapes is None:
        return options
    begun = any(list(f.glob("*.index")) + list(f.glob("*.pth")) for f in options.autoencoder_dirs)
    trained = bool(options.start_from or options.model or begun)
    given = {word.lstrip("-").partition("=")[0] for word in words}
    given |= {name.removeprefix("no") for name in given}  # --nocosine
    added = [
        word
        for name, value in recipe_flags(shapes, trained).items()
        if name not in given
        for word in ([f"--{name}"] if value is True else [f"--{name}", str(value)])
    ]
    print(f"recipe {options.recipe}, for {counted(shapes, 'shape')}: {' '.join(added)}")
    if shapes > FEW:
        print(f"note: it was made for {FEW} shapes at most; more take longer")
    return parse([*added, *words])


def _shapes_of(options: Any) -> int | None:
    """Count the shapes of the training set, whichever the version; None where there is none."""
    from imnet.data.hdf5 import find_array, open_hdf5  # here: --help starts without h5py

    folders = {version.imgan["data_dir"] for version in VERSIONS.values()}
    folders = [options.data_dir] if options.data_dir else sorted(folders)
    paths = [Path(f) / f"{options.dataset}{end}.hdf5" for f in folders for end in ("", "_train")]
    path = next(filter(Path.is_file, paths), None)
    if path is None:
        return None
    with open_hdf5(path) as file:
        return len(find_array(file, "voxels", (None, *[VOXEL_RESOLUTION] * 3, 1)))
