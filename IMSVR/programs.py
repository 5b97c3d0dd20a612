"""The programs of main.py. Each takes the flags apart and hands on what each function needs."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.lock import only_mesher
from imnet.base.names import listed_names
from imnet.data.batches import Batch
from imnet.data.codes import codes_between, decoder_of, read_codes
from imnet.data.dataset import PointValueDataset, check_numbers, numbers_between
from imnet.data.sizes import IMAGE_ENCODER_WIDTH
from imnet.data.views import ViewDataset, centre_crops, ten_crops
from imnet.networks.devices import usable_precision
from imnet.networks.distribution import check_split
from imnet.networks.network import fingerprint, load, load_or_make
from imnet.networks.records import epochs_of_run
from imnet.programs import exporting
from imnet.programs.about import about as about_network
from imnet.programs.places import folder_of
from imnet.programs.runs import trainer_of
from imnet.programs.versions import check_training_place, settle, shipped
from imnet.surfaces import Mesh, marching_cubes
from IMSVR import reconstruction, training
from IMSVR.cameras import read_cameras
from IMSVR.fitting import fit_shapes
from IMSVR.model import AUTOENCODER, IMSVR
from IMSVR.onnx_graphs import onnx_graphs
from IMSVR.options import Options
from IMSVR.photos import read_objects, read_views
from IMSVR.resemblance import read_resemblance, unlike_training

HOME = Path(__file__).parent


def settled(options: Options) -> Options:
    """Fill in the flags that were not given."""

    def places(options: Options) -> list[tuple[Path, tuple[str, str]]]:
        own = (options.model_dir, (IMSVR.name, IMSVR.port_name))
        return [own, (options.autoencoder_path, AUTOENCODER)]

    return settle(options, "imsvr", places, HOME)


def train(options: Options) -> None:
    """Train from the newest checkpoint's epoch, else from new weights and the autoencoder."""
    views, dataset = _open_set(options.train_path, options.memory_bytes, shuffled=True)
    codes = read_codes(options.codes_path)
    if len(codes) != len(views):
        raise UserError(
            f"{options.codes_path} has codes of {len(codes)} shapes, {options.train_path} views of "
            f"{len(views)}: make both of the same set (--ae on <dataset>_only_train in IMGAN)"
        )
    check_split(min(options.shapes_per_step, len(views)))
    kept = options.train_views or views.views_a_shape
    if kept > views.views_a_shape:
        raise UserError(
            f"--train_views {kept}: {options.train_path} has {views.views_a_shape} views"
        )
    folder = options.model_dir
    if options.model:
        check_training_place("--model", folder, HOME, IMSVR.name, IMSVR.port_name)
    new = {"ef_dim": options.ef_dim or IMAGE_ENCODER_WIDTH, **options.adam, "seed": options.seed}
    imsvr, start = load_or_make(
        IMSVR,
        folder,
        options.sizes,
        lambda: IMSVR.from_autoencoder(options.autoencoder_path, **new),
        **options.adam,
    )
    source = options.autoencoder_path if start == 0 else folder
    if imsvr.variant != options.variant:
        raise UserError(f"--variant {options.variant}, but {source} is of {imsvr.variant}")
    if imsvr.z_dim != codes.shape[1]:
        raise UserError(
            f"{source} is for codes of width {imsvr.z_dim}, {options.codes_path} has width "
            f"{codes.shape[1]}"
        )
    if decoder_of(options.codes_path) not in (None, fingerprint(imsvr.decoder)):
        told = (
            f"{options.codes_path} is not of the autoencoder in {source}: extract the codes with "
            "it, by --ae in IMGAN, or name others with --pretrained_z_dir"
        )
        if start == 0:
            raise UserError(told)
        print(f"warning: {told}")
    imsvr.precision = usable_precision(options.precision)
    a_run = options.version.epochs_a_run
    first, end = epochs_of_run(folder, start, options.epoch, None, a_run)
    trainer = trainer_of(
        options,
        folder,
        options.train_path,
        len(codes),
        start,
        end,
        save_interval=options.save_interval,
        first=first,
    )

    def before_saving(epoch: int, batch: Batch) -> None:
        training.write_pictures(imsvr, batch, dataset.voxels, options.sample_dir, epoch)
        if epoch + 1 == end:
            training.write_resemblance(imsvr, views.pixels, codes, kept, folder)

    trainer.train(
        imsvr,
        lambda epoch: views.batches(
            codes, options.seed, epoch, options.shapes_per_step, kept, options.version.draws
        ),
        before_saving,
        calibration_epochs=kept,
    )


def _open_set(path: Path, memory: float, shuffled: bool) -> tuple[ViewDataset, PointValueDataset]:
    """Open the views of a set, shuffled or not, and its voxels, which are never shuffled.

    Raises UserError if the file has not as many shapes as shapes with views.
    """
    views = ViewDataset(path, memory, shuffled)
    dataset = PointValueDataset(path, memory=memory - views.bytes, shuffled=False)
    if len(views) != len(dataset):
        raise UserError(f"{path} has views of {len(views)} shapes, voxels of {len(dataset)}")
    return views, dataset


def reconstruct_set(options: Options) -> int:
    """Write meshes of shapes of the set, from one view each, and how near they come."""
    views, dataset = _open_set(options.set_path, options.memory_bytes, shuffled=False)
    end = len(views) if options.all else options.end or options.start + 16
    numbers = numbers_between(options.start, end, len(views), views.path)
    pictures = views.view(numbers, options.view)
    imsvr = _load(options)
    codes = _encode(imsvr, pictures, options)
    if options.fit:
        codes = _fit_numbered(imsvr, views.path, numbers, pictures, codes, options)

    def truth(i: int) -> Mesh:
        return marching_cubes(dataset.voxels[numbers[i], ..., 0])

    listed = listed_names(views.path, len(views))
    shapes = {t: listed[t] if listed else "" for t in numbers}
    status = _write(imsvr, [str(t) for t in numbers], pictures, codes, truth, options, shapes)
    known = None
    if options.split == "train" and options.codes_path.is_file():
        known = read_codes(options.codes_path)
        known = known[numbers] if len(known) == len(views) else None
    voxels = (dataset.voxels[t] for t in numbers)
    reconstruction.print_figures(imsvr, codes, voxels, known, options.level)
    return status


def interpolate(options: Options) -> int:
    """Write meshes of codes on the straight line between those of two shapes' views."""
    views = ViewDataset(options.set_path, options.memory_bytes, shuffled=False)
    check_numbers("--interpolate", options.interpolate, len(views), views.path)
    pictures = views.view(list(options.interpolate), options.view)
    imsvr = _load(options)
    ends = _encode(imsvr, pictures, options)
    if options.fit:
        numbers = list(options.interpolate)
        ends = _fit_numbered(imsvr, views.path, numbers, pictures, ends, options)
    codes = codes_between(*ends, options.steps)
    names = [f"interpolation{step}" for step in range(options.steps)]
    return _write(imsvr, names, None, codes, None, options)


def reconstruct_pictures(options: Options) -> int:
    """Write a mesh of each picture; list those that are no good, and return the exit status."""
    _check_apart(options.image, Path(options.sample_dir) / reconstruction.VIEWS)
    imsvr = _load(options)
    if options.together:
        objects, skipped = read_objects(options.image, options.background)
    else:
        pictures, skipped = read_views(options.image, options.background)
        objects = {name: view[None] for name, view in pictures.items()}
    names, views = list(objects), list(objects.values())  # n of [v, 137, 137]
    ends = np.cumsum([len(seen) for seen in views])[:-1]
    of_views = np.split(_encode(imsvr, np.concatenate(views), options), ends)
    codes = np.stack([some.mean(axis=0) for some in of_views])
    unlike = unlike_training(codes, folder_of(options.model_dir))
    if options.fit:
        codes = _fit(imsvr, names, views, codes, None, options)
    status = _write(
        imsvr, names, [reconstruction.tiled(seen) for seen in views], codes, None, options
    )
    for name in np.array(names)[unlike] if unlike is not None else []:
        print(f"warning: {name} is unlike the training views: do not trust its mesh")
    for message in skipped:
        print(f"skipped {message}", file=sys.stderr)
    return 2 if skipped else status


def _encode(imsvr: IMSVR, pictures: np.ndarray, options: Options) -> np.ndarray:
    """Return the codes [n, z_dim] of pictures [n, 137, 137], of the crops that the flags want."""
    crops = ten_crops(pictures) if options.ten_crops else [centre_crops(pictures)]
    return np.mean([imsvr.encode(views) for views in crops], axis=0)


def _fit_numbered(
    imsvr: IMSVR,
    path: Path,
    numbers: list[int],
    pictures: np.ndarray,
    codes: np.ndarray,
    options: Options,
) -> np.ndarray:
    """Fit codes [n, z_dim] to pictures [n, 137, 137] of a set, with its cameras if it has them."""
    cameras = read_cameras(path)
    cameras = None if cameras is None else cameras[numbers, options.view, None]
    names = [str(t) for t in numbers]
    return _fit(imsvr, names, list(pictures[:, None]), codes, cameras, options)


def _fit(
    imsvr: IMSVR,
    names: list[str],
    views: list[np.ndarray],
    codes: np.ndarray,
    cameras: np.ndarray | None,
    options: Options,
) -> np.ndarray:
    """Fit codes [n, z_dim] to the views [v, 137, 137] of each shape, and say how they agree."""
    stored = read_resemblance(folder_of(options.model_dir), imsvr.z_dim)
    known = None if stored is None else stored[0]
    fits = fit_shapes(imsvr.decoder, views, codes, cameras, known, options.level, options.seed)
    reconstruction.print_agreement(names, fits)
    return np.stack([fit.code for fit in fits])


def _check_apart(paths: tuple[str, ...], folder: Path) -> None:
    """Raise UserError if a picture lies where the views are written, which may replace it."""
    for path in map(Path, paths):
        place = path if path.is_dir() else path.parent
        if place.resolve() == folder.resolve():
            raise UserError(
                f"--image {path}: views are written to {folder}, over pictures there: name another "
                "--sample_dir"
            )


def about(place: str) -> None:
    """Print what the network in a place is and how it was trained."""
    print("\n".join(about_network(shipped(place, HOME), [IMSVR])))


def export(options: Options) -> None:
    """Write the image encoder and the decoder for other programs."""
    exporting.export(_load(options), options.export, onnx_graphs)


def _load(options: Options) -> IMSVR:
    return load(IMSVR, options.model_dir, options.sizes)


def _write(
    imsvr: IMSVR,
    names: list[str],
    views: Sequence[np.ndarray] | None,
    codes: np.ndarray,
    truth: Callable[[int], Mesh] | None,
    options: Options,
    shapes: Mapping[int, str] | None = None,
) -> int:
    """Write meshes, views and sheet; return the exit status: 1 if no field has a surface."""
    folder = Path(options.sample_dir)
    settings = options.settings(folder / "out", options.resolution)
    with only_mesher(folder):
        made = reconstruction.write_results(
            imsvr, names, views, codes, truth, folder, settings, shapes
        )
    return 0 if made else 1


PROGRAMS = {  # by `Options.mode`
    "train": train,
    "": reconstruct_set,
    "image": reconstruct_pictures,
    "interpolate": interpolate,
    "export": export,
}
