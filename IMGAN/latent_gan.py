"""The programs without `--ae`: train the latent GAN, sample it, interpolate and resample."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from IMGAN import reconstruction as autoencoder
from IMGAN.modelz import NOISE_DEVIATION, ZGAN
from IMGAN.options import Options
from IMGAN.reconstruction import codes_between, write_codes_and_meshes
from imnet.base.errors import UserError
from imnet.data.dataset import read_codes
from imnet.networks.checkpoints import newest_checkpoint, step_of
from imnet.networks.trainer import Scalars, epoch_rng, epochs_with_progress, learning_rate_at
from imnet.pictures.images import code_histogram, write_picture

CODES_A_BATCH = 50
SAVE_INTERVAL = 1000


def train(options: Options) -> None:
    """Train on the codes of `--ae` up to epoch `--epoch`, inclusive as in the original."""
    if not options.codes_path.is_file():
        raise UserError(f"no codes {options.codes_path}: extract them first, with --ae alone")
    codes = read_codes(options.codes_path)
    folder = options.gan_dir(codes.shape[1])
    zgan, start = load_or_make(options, folder, codes.shape[1])
    if start > options.epoch:
        print(f"nothing to do: trained to epoch {start - 1}, --epoch {options.epoch} is a total")
        return
    scalars = Scalars(folder)
    for epoch in epochs_with_progress(start, options.epoch + 1):
        rate = learning_rate_at(epoch, options.learning_rate, options.half_life)
        for optimizer in (zgan.critic_optimizer, zgan.generator_optimizer):
            optimizer.learning_rate.assign(rate)
        rng = epoch_rng(options.seed, epoch)
        losses = train_epoch(zgan, codes, rng)
        tqdm.write(
            f"Epoch: [{epoch:2d}/{options.epoch:2d}] "
            f"d_loss: {losses[0]:.8f}, g_loss: {losses[1]:.8f}"
        )
        if epoch % (options.save_interval or SAVE_INTERVAL) == 0 or epoch == options.epoch:
            scalars.write(epoch, d_loss=losses[0], g_loss=losses[1])
            write_histograms(zgan, codes, rng, Path(options.sample_dir))
            zgan.save(folder, epoch)


def load_or_make(options: Options, folder: Path, z_dim: int) -> tuple[ZGAN, int]:
    """Give the GAN of the newest checkpoint, or a new one, and the epoch it goes on with."""
    prefix = newest_checkpoint(folder, ZGAN.name)
    if prefix is None:
        return ZGAN(z_dim, beta1=options.beta1, seed=options.seed), 0
    zgan = ZGAN.from_checkpoint(prefix, options.learning_rate, options.beta1)
    if zgan.z_dim != z_dim:
        raise UserError(f"{prefix} is for codes of width {zgan.z_dim}, the codes have {z_dim}")
    print(f"loaded {prefix}")
    return zgan, step_of(prefix) + 1


def train_epoch(zgan: ZGAN, codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Train on shuffled batches of min(50, codes), not the partial last; give mean losses [2]."""
    batch = min(CODES_A_BATCH, len(codes))
    order = rng.permutation(len(codes))
    losses = []
    for i in range(0, len(codes) - batch + 1, batch):
        noise = draw_noise(rng, batch, zgan.z_dim)
        losses.append(zgan.train_step(codes[order[i : i + batch]], noise, rng.uniform()))
    return np.mean(losses, axis=0)


def draw_noise(rng: np.random.Generator, count: int, z_dim: int) -> np.ndarray:
    """Draw noise [count, z_dim] float32, normal(0, 0.2)."""
    return rng.normal(0, NOISE_DEVIATION, (count, z_dim)).astype(np.float32)


def write_histograms(zgan: ZGAN, codes: np.ndarray, rng: np.random.Generator, folder: Path) -> None:
    """Write the histograms of the training codes and of as many new ones, to compare by eye."""
    generated = zgan.generate(draw_noise(rng, len(codes), zgan.z_dim))
    write_picture(folder / "z_train.png", code_histogram(codes))
    write_picture(folder / "z_gen.png", code_histogram(generated))


def sample(options: Options) -> None:
    """Write meshes of codes drawn from the generator, or read from `--codes`."""
    if not options.dataset_path.is_file():
        print(f"warning: no dataset {options.dataset_path}; sampling needs none")
    model = autoencoder.load(options)
    if options.codes:
        codes = codes_of_file(options, model.z_dim)
    else:
        codes = dict(enumerate(draw_codes(options, model.z_dim, options.samples)))
    write_codes_and_meshes(model, codes, "out", options)


def interpolate(options: Options) -> None:
    """Write meshes between I and J of `--codes`, or of the samples that `sample` draws."""
    model = autoencoder.load(options)
    if min(options.interpolate) < 0:
        raise UserError("--interpolate: samples are counted from 0")
    if options.codes:
        numbered = codes_of_file(options, model.z_dim)
    else:
        numbered = dict(enumerate(draw_codes(options, model.z_dim, max(options.interpolate) + 1)))
    missing = set(options.interpolate) - numbered.keys()
    if missing:
        raise UserError(f"--interpolate {min(missing)}: {options.codes} has no such code")
    codes = codes_between(*(numbered[i] for i in options.interpolate), options.steps)
    write_codes_and_meshes(model, dict(enumerate(codes)), "interpolation", options)


def draw_codes(options: Options, z_dim: int, count: int) -> np.ndarray:
    """Draw codes [count, z_dim] from the trained generator; the first ones depend on seed alone."""
    zgan = ZGAN.from_checkpoint(options.gan_dir(z_dim))
    if zgan.z_dim != z_dim:
        raise UserError(f"the GAN makes codes of width {zgan.z_dim}, the decoder takes {z_dim}")
    return zgan.generate(draw_noise(np.random.default_rng(options.seed), count, z_dim))


def codes_of_file(options: Options, z_dim: int) -> dict[int, np.ndarray]:
    """Give the numbered codes of `--codes`: all, or those whose picture the user has kept."""
    codes = read_codes(options.codes)
    if codes.shape[1] != z_dim:
        raise UserError(f"{options.codes} has codes of width {codes.shape[1]}, not {z_dim}")
    numbered = dict(enumerate(codes))
    if options.kept:
        folder = Path(options.sample_dir)
        numbered = {t: z for t, z in numbered.items() if (folder / f"{t}_1t.png").is_file()}
        if not numbered:
            raise UserError(f"no picture <t>_1t.png is left in {folder}: nothing to resample")
    return numbered
