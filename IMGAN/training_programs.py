"""The programs of main.py that train; programs.py has the others, which use what is trained."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from IMGAN import gan_codes, training
from IMGAN.learned import Learned
from IMGAN.model import KINDS, Autoencoder
from IMGAN.options import Options
from imnet.base.errors import UserError
from imnet.data.agreement import check_agreement
from imnet.data.batches import Batch, with_codes
from imnet.data.codes import decoder_of
from imnet.data.dataset import PointValueDataset
from imnet.data.voxel_points import VoxelPoints
from imnet.networks.checkpoints import newest_checkpoint
from imnet.networks.devices import usable_precision
from imnet.networks.distribution import check_split
from imnet.networks.latent_gan import ZGAN, code_batches
from imnet.networks.network import fingerprint, load, load_or_make
from imnet.networks.records import epochs_of_run
from imnet.programs.runs import trainer_of
from imnet.programs.versions import check_training_place, refuse_trained

HOME = Path(__file__).parent


def train_autoencoder(options: Options) -> int:
    """Train at `real_size` from the newest checkpoint's epoch, else from new weights.

    Returns the exit status: 1 if the training shapes should reach an IoU and do not.
    """
    kind, folder = KINDS[options.decoder], options.autoencoder_dir
    if options.model:
        check_training_place("--model", folder, HOME, kind.name, kind.port_name)
    shapes, points = options.shapes_per_step or kind.shapes_a_step, options.points_per_step
    check_split(shapes)
    size = options.real_size if kind.learns_from_points else None
    dataset = PointValueDataset(options.training_path, size, options.memory_bytes)
    if kind.learns_from_points:
        training.check_points(dataset, options.batch_size_input, points)
        if odd := check_agreement(dataset):
            print(f"warning: {odd}")
    if options.start_from:
        refuse_trained(options.autoencoder_dirs, kind.name, kind.port_name)
        model, start = load(kind, Path(options.start_from), options.sizes, **options.adam), 0
        model.restart_adam()
    else:
        asked = {name: size for name, size in options.sizes.items() if size is not None}
        model, start = load_or_make(
            kind,
            folder,
            options.sizes,
            lambda: kind(**asked, **options.adam, seed=options.seed),
            **options.adam,
        )
    model.start_stage(options.real_size)
    a_run = options.version.epochs_a_run
    first, end = epochs_of_run(folder, start, options.epoch, size, a_run)
    model.slow_encoder(options.encoder_rate)
    model.precision = usable_precision(options.precision)
    model.cross_entropy = options.loss == "cross_entropy"
    trainer = trainer_of(
        options,
        folder,
        dataset.path,
        len(dataset),
        start,
        end,
        save_interval=options.save_interval or 1,
        line_interval=options.iou_interval or 1,
        first=first,
        stage=size,
    )
    learned = Learned(model, dataset, options.iou_interval, options.stop_iou, end)
    if start and options.stop_iou and learned.look(start - 1):
        return learned.status()

    def before_saving(epoch: int, batch: Batch) -> None:
        training.write_pictures(model, dataset, int(batch.numbers[-1]), options.sample_dir, epoch)
        if (epoch + 1) % options.sheet_interval == 0 or epoch + 1 == end:
            training.show_reconstructions(model, dataset.voxels)

    source = VoxelPoints(dataset.voxels) if options.from_voxels else dataset

    @cache
    def codes() -> np.ndarray:
        return model.encode(dataset.voxels)

    def batches(epoch: int) -> Iterator[Batch]:
        drawn = source.batches(options.seed, epoch, shapes, points)
        trains_encoder = options.encoder_epochs is None or epoch < options.encoder_epochs
        return drawn if trains_encoder else with_codes(drawn, codes())

    trainer.train(
        model,
        batches,
        before_saving,
        kind.calibration_epochs,
        learned.after,
    )
    return learned.status()


def train_latent_gan(options: Options) -> None:
    """Train on the codes of `--ae` up to epoch `--epoch`, inclusive as in the original."""
    codes = gan_codes.read_training_codes(options.codes_path)
    z_dim = codes.shape[1]
    folder = options.gan_dir(z_dim)
    if options.gan or options.model:
        check_training_place("--gan", folder, HOME)
    asked = {"width": options.width} if options.width else {}
    zgan, start = load_or_make(
        ZGAN,
        folder,
        asked,
        lambda: ZGAN(z_dim, **asked, **options.adam, seed=options.seed),
        **options.adam,
    )
    if zgan.z_dim != z_dim:
        raise UserError(f"{folder} is for codes of width {zgan.z_dim}, the codes have {z_dim}")
    decoder = decoder_of(options.codes_path)
    model = _autoencoder_of(options, z_dim)
    if None not in (model, decoder) and fingerprint(model.decoder) != decoder:
        print(
            f"warning: {options.codes_path} is of another autoencoder than the newest one in "
            f"{options.autoencoder_dir}, which will mesh the samples: extract the codes again, "
            "with --ae alone"
        )
    if options.whole:
        codes = _whole(codes, model, options.codes_path)
    trainer = trainer_of(
        options,
        folder,
        options.codes_path,
        len(codes),
        start,
        options.epoch + 1,
        save_interval=options.save_interval or gan_codes.SAVE_INTERVAL,
        total=options.epoch,
        decoder=decoder,
    )

    def before_saving(epoch: int, batch: Batch) -> None:
        samples = zgan.draw_codes(len(codes), options.seed)
        gan_codes.write_histograms(codes, samples, Path(options.sample_dir))
        training.show_samples(model, codes, samples)

    trainer.train(zgan, lambda epoch: code_batches(codes, options.seed, epoch), before_saving)


def _whole(codes: np.ndarray, model: Autoencoder | None, path: Path) -> np.ndarray:
    """Return the codes [n, z_dim] whose surface is in one part. UserError if there are none."""
    if model is None:
        raise UserError("--whole looks at surfaces: name the autoencoder of the codes with --model")
    found = codes[gan_codes.in_one_part_at(codes, model.field, dense=model.dense)]
    print(f"{len(found)} of {len(codes)} codes have a surface in one part")
    if not len(found):
        raise UserError(f"--whole: no code of {path} has a surface in one part: leave it out")
    return found


def _autoencoder_of(options: Options, z_dim: int) -> Autoencoder | None:
    """Load the autoencoder of codes of z_dim, if it is there: the latent GAN trains without it."""
    kind, place = KINDS[options.decoder], options.autoencoder_dir
    if not options.model and newest_checkpoint(place, kind.name, kind.port_name) is None:
        return None
    model = load(kind, place, options.sizes)
    return model if model.z_dim == z_dim else None
