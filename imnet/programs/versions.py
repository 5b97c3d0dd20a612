"""The three public versions of the programs: where each keeps its files, what its flags default to.

`imnet.networks.variants` says how their networks differ.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from imnet.base.errors import UserError
from imnet.base.flags import option
from imnet.data import view_draws
from imnet.data.sizes import LATER_RESOLUTION, SAMPLE_RESOLUTION
from imnet.programs.mesh_options import MeshOptions

Options = TypeVar("Options", bound="VersionOptions")
SHIPPED = "pretrained"  # the folder of the networks that come with a program
ENDINGS = ("", "_train", "_test")  # of the datasets of a name
MODES, FILES = "what to do", "models and data"  # headings in --help
Places = Iterable[tuple[Path, tuple[str, str]]]  # a folder, prefix or .pth; names: ours, port's


@dataclass(frozen=True)
class Version:
    """A public version. Its paths are templates of `{checkpoint_dir}`, `{data_dir}` and `{name}`.

    Attributes:
        autoencoder: folder of the autoencoder's checkpoints; 64 is the encoder's resolution.
        codes: file of the codes of the training shapes.
        image_encoder: folder of the image encoder's checkpoints; 128 is the side of its pictures.
        training_set: ending of the dataset that models learn from and codes are extracted from.
        test_set: ending of the dataset whose shapes IMGAN reconstructs.
        teacher: what IMSVR adds to the dataset's name, in `autoencoder` and `codes`.
        draws: how the image encoder's training draws views.
        epochs_a_run: whether --epoch counts the epochs of a run; else it is a total.
        imgan: values of IMGAN's flags that are not given.
        imsvr: values of IMSVR's flags that are not given.
    """

    autoencoder: str
    codes: str
    image_encoder: str
    training_set: str
    test_set: str
    teacher: str
    draws: view_draws.ViewDraws
    imgan: Mapping[str, Any]
    imsvr: Mapping[str, Any]
    epochs_a_run: bool = False


_ORIGINAL = {"data_dir": "./data", "level": 0.5, "mesh_format": "dae", "units": "array"}
_LATER = {
    "dataset": "all_vox256_img", "data_dir": "./data", "level": 0.5, "mesh_format": "ply",
    "units": "unit", "resolution": LATER_RESOLUTION,
}  # fmt: skip
_PORT = {**_LATER, "data_dir": "./data/all_vox256_img"}
ORIGINAL = Version(
    autoencoder="{checkpoint_dir}/{name}_64",
    codes="{data_dir}/{name}_z.hdf5",
    image_encoder="{checkpoint_dir}/{name}_128",
    training_set="",
    test_set="",
    teacher="_only_train",
    draws=view_draws.ORIGINAL,
    imgan={"dataset": "03001627_vox", "batch_size_input": 32768, **_ORIGINAL},
    imsvr={
        **_ORIGINAL, "dataset": "02691156_hsp_vox", "level": 0.6, "resolution": SAMPLE_RESOLUTION,
        "epoch": 1500, "save_interval": 10, "view": 0,
    },
)  # fmt: skip
IMPROVED = replace(
    ORIGINAL,
    training_set="_train",
    test_set="_train",
    teacher="",
    draws=view_draws.ViewDraws(random_crops=False),
    imgan={**_LATER, "batch_size_input": 16384},
    imsvr={**_LATER, "epoch": 10000, "save_interval": 10, "view": 0},
)
PYTORCH = replace(
    IMPROVED,
    autoencoder="{checkpoint_dir}/{name}_ae_64",
    codes="{checkpoint_dir}/{name}_ae_64/{name}_train_z.hdf5",
    image_encoder="{checkpoint_dir}/{name}_svr_128",
    test_set="_test",
    draws=view_draws.ViewDraws(random_crops=False, mirrored=False, one_a_batch=True),
    imgan={**_PORT, "shapes_per_step": 32, "points_per_step": 4096},
    imsvr={**_PORT, "epoch": 1000, "save_interval": 100, "view": -1},
    epochs_a_run=True,
)
VERSIONS = {"original": ORIGINAL, "improved": IMPROVED, "pytorch": PYTORCH}


@dataclass(frozen=True)
class VersionOptions(MeshOptions, ABC):
    """The flags that say which version's networks and files are meant."""

    variant: str | None = option(
        None,
        "version of the networks, which also decides where files are and what other flags default "
        "to (the one whose checkpoints are there, else original)",
        choices=tuple(VERSIONS),
        group=FILES,
    )
    model: str | None = option(
        None,
        "the network by its place: a folder of checkpoints, a checkpoint's prefix, or a .pth file, "
        "of any version (the one that --checkpoint_dir has for the dataset's name)",
        metavar="PATH",
        group=FILES,
    )
    dataset: str | None = option(
        None,
        "name of the dataset, <data_dir>/<dataset>.hdf5, or <dataset>_train.hdf5 and _test.hdf5 "
        "(IMGAN 03001627_vox, IMSVR 02691156_hsp_vox, later versions all_vox256_img)",
        group=FILES,
    )
    checkpoint_dir: str = option(
        "checkpoint", f"folder of the checkpoints; {SHIPPED}: the shipped ones", group=FILES
    )
    data_dir: str | None = option(
        None, "folder of the datasets (./data, pytorch ./data/all_vox256_img)", group=FILES
    )
    about: str | None = option(
        None,
        "print what a network is and how it was trained: a place, as --model",
        metavar="PATH",
        group=MODES,
    )
    export: str | None = option(
        None,
        "write the network for other programs: X.pth, weights of the PyTorch port's networks, or "
        "X.onnx, which gives a file for the encoder and one for the decoder",
        metavar="FILE",
        group=MODES,
    )

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        super().__post_init__()
        if self.export and Path(self.export).suffix not in (".pth", ".onnx"):
            raise UserError(f"--export {self.export}: must end in .pth or .onnx")

    @property
    def version(self) -> Version:
        """The version, once `settle` has found it."""
        return VERSIONS[self.variant]

    @property
    @abstractmethod
    def of_port(self) -> bool:
        """Whether a flag is given that the PyTorch port alone has."""

    def place(self, template: str, name: str) -> Path:
        """Return one of the version's places for a name."""
        parts = {"checkpoint_dir": self.checkpoint_dir, "data_dir": self.data_dir}
        return Path(template.format(**parts, name=name))

    def folder(self, network: str, name: str) -> Path:
        """Return the folder of a network's checkpoints: "autoencoder" or "image_encoder".

        Files of the PyTorch port may also lie where the original has its own.
        """
        own, originals = (
            self.place(getattr(version, network), name) for version in (self.version, ORIGINAL)
        )
        if any(path.suffix in (".index", ".pth") for path in own.glob("*")):
            return own
        return originals if any(originals.glob("*.pth")) else own

    def dataset_path(self, ending: str) -> Path:
        """Return `<dataset><ending>.hdf5`, or `<dataset>.hdf5` where only that one is there."""
        path, plain = (Path(self.data_dir) / f"{self.dataset}{end}.hdf5" for end in (ending, ""))
        return plain if plain.is_file() and not path.is_file() else path


def shipped(place: str | None, home: Path) -> str | None:
    """Return a place of networks; one in SHIPPED is below `home`, the program's folder.

    Unless the working directory has such a folder: the project may be installed.
    """
    if place is None or Path(SHIPPED).exists() or Path(place).parts[:1] != (SHIPPED,):
        return place
    return str(home / place)


def check_training_place(flag: str, place: Path, home: Path, *names: str) -> None:
    """Say that training goes on in a place that a flag names. Raise UserError if it cannot.

    Args:
        flag: that names the place.
        place: of the network.
        home: the program's folder, whose shipped networks stay as they are.
        names: of the network's checkpoints, ours and the port's; without them it may be new.
    """
    from imnet.networks.checkpoints import newest_checkpoint, place_exists  # TensorFlow

    if (home / SHIPPED).resolve() in place.resolve().parents:
        raise UserError(f"{flag} {place}: shipped networks stay as they are: copy the folder first")
    if names and place.is_dir() and newest_checkpoint(place, *names) is None:
        raise UserError(f"{flag} {place}: it holds no {names[0]}-<step> to go on from")
    if names and not place_exists(place):
        raise UserError(
            f"{flag} {place}: no such folder; a new network is named by --dataset, "
            "in --checkpoint_dir"
        )
    print(f"training goes on in {place}, and writes to it")


def refuse_trained(folders: Iterable[Path], *names: str) -> None:
    """Raise UserError if a folder holds a network already where `start_from` would begin another.

    Args:
        folders: of the new network, in every version's layout.
        names: of its checkpoints, ours and the port's.
    """
    from imnet.networks.checkpoints import newest_checkpoint  # TensorFlow

    for folder in folders:
        if (checkpoint := newest_checkpoint(folder, *names)) is not None:
            raise UserError(
                f"{checkpoint} is there already: training goes on from it without `start_from`; "
                "to begin anew, give another `checkpoint_dir`"
            )


def settle(
    options: Options, program: str, places: Callable[[Options], Places], home: Path
) -> Options:
    """Fill in the flags that were not given.

    The version is that of `--variant`, else of the checkpoints that are there, else of a flag that
    one version alone has, else of the authors' dataset that is there.

    Args:
        options: the flags; None are those that were not given.
        program: "imgan" or "imsvr".
        places: settled flags → where checkpoints would be, the ones that count most first.
        home: the program's folder, see `shipped`.

    Raises:
        UserError: a checkpoint is damaged.
    """

    named = {name: shipped(getattr(options, name), home) for name in ("checkpoint_dir", "model")}
    options = replace(options, **named)

    def filled(variant: str) -> Options:
        defaults = {"variant": variant, **getattr(VERSIONS[variant], program)}
        missing = {n: v for n, v in defaults.items() if getattr(options, n) is None}
        if "data_dir" in missing and options.dataset and not _holds(missing["data_dir"], options):
            missing["data_dir"] = _ORIGINAL["data_dir"]  # where one's own datasets are
        return replace(options, **missing)

    variant = options.variant or _found(places(filled(variant)) for variant in VERSIONS)
    if variant is None and options.of_port:
        variant = "pytorch"
    return filled(variant or _of_dataset(options, map(filled, VERSIONS), program) or "original")


def _holds(folder: str, options: Options) -> bool:
    """Whether a folder holds a dataset of the wanted name, or the other folder holds none."""
    here, there = (
        any((Path(place) / f"{options.dataset}{end}.hdf5").is_file() for end in ENDINGS)
        for place in (folder, _ORIGINAL["data_dir"])
    )
    return here or not there


def _of_dataset(options: Options, filled: Iterable[Options], program: str) -> str | None:
    """Return the variant whose authors' dataset is there, if no other dataset is asked for."""
    if options.dataset not in (None, _LATER["dataset"]):
        return None
    for one in filled:
        ending = one.version.training_set if program == "imgan" else "_train"
        if (Path(one.data_dir) / f"{one.dataset}{ending}.hdf5").is_file():
            return one.variant
    return None


def _found(places: Iterable[Places]) -> str | None:
    """Return the variant of the first checkpoint that is there; None if there is none."""
    from imnet.networks.checkpoints import find_checkpoint, tensor_shapes  # TensorFlow
    from imnet.networks.variants import variant_of

    for place, names in chain(*places):
        try:
            checkpoint = find_checkpoint(place, *names)
        except UserError:
            continue
        return variant_of(tensor_shapes(checkpoint))
    return None
