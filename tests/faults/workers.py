"""Train on one device, on two devices, and in two processes; then end one of two workers.

Prints the losses of each form, how far they are apart, and what the ended worker did to the other.
"""

import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from cases import CASES, Case, contents, prepare, run

from imnet.base.errors import UserError, run_program
from imnet.networks.checkpoints import list_checkpoints

PLACES = "--data_dir data --dataset x"
TRAINING = (
    f"{PLACES} --ae --train --real_size 16 --batch_size_input 4096 --z_dim 8 --ef_dim 2 --gf_dim 4 "
    "--shapes_per_step 4"
)  # two steps an epoch of 6 shapes
ADDRESSES = "127.0.0.1:29611,127.0.0.1:29612"
TOLERANCE = 1e-5  # relative


def main() -> int:
    """Compare, kill, resume; the status is 1 if anything differs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        if run(CASES["sampling"], folder).returncode:
            raise UserError("sampling fails by itself")
        losses = {
            "one device": losses_of(run(training("one"), folder).stdout),
            "two devices": losses_of(run(training("devices", "--devices 2"), folder).stdout),
            "two workers": losses_of(finish(start_workers(folder, "workers"))),
        }
        one = losses["one device"]
        good = True
        for form, found in losses.items():
            apart = max(abs(a - b) / b for a, b in zip(found, one, strict=True))
            good &= apart <= TOLERANCE
            print(f"{form}: {found}, at most {apart:.1e} from one device")
        for kind in (signal.SIGKILL, signal.SIGTERM):
            good &= end_one(folder, kind)
    return 0 if good else 1


def training(place: str, flags: str = "", epochs: int = 10) -> Case:
    """Return the training whose files are in `place`."""
    own = f"--checkpoint_dir {place} --sample_dir {place}_samples --epoch {epochs}"
    return Case("IMGAN/main.py", f"{TRAINING} {own} {flags}")


def start_workers(folder: Path, place: str, epochs: int = 10) -> list[subprocess.Popen]:
    """Start both workers of a training, the first one first."""
    return [
        subprocess.Popen(
            training(place, f"--workers {ADDRESSES} --worker {i}", epochs).command(),
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for i in (0, 1)
    ]  # fmt: skip


def finish(workers: list[subprocess.Popen]) -> str:
    """Wait for the workers; return what the first one printed."""
    (printed, _), *_ = [worker.communicate() for worker in workers]
    return printed


def losses_of(printed: str) -> list[float]:
    """Read the losses off the lines of progress."""
    found = [float(loss) for loss in re.findall(r" loss: ([\d.]+)", printed)]
    if not found:
        raise UserError(f"no losses: {printed}")
    return found


def end_one(folder: Path, kind: signal.Signals) -> bool:
    """End the second worker, watch the first one, resume both, compare with the whole training."""
    place = kind.name
    workers = start_workers(folder, place)
    while len(list_checkpoints(folder / f"{place}/x_64", "IMAE.model")) < 3:
        if workers[0].poll() is not None:
            raise UserError(f"the workers end by themselves: {workers[0].stderr.read()}")
        time.sleep(0.1)
    workers[1].send_signal(kind)
    began = time.monotonic()
    workers[1].communicate()
    print(f"{kind.name}: ended after {time.monotonic() - began:.1f} s, {workers[1].returncode}")
    _, errors = workers[0].communicate()
    seconds, lines = time.monotonic() - began, errors.splitlines()
    print(f"the other ended after {seconds:.0f} s, status {workers[0].returncode}: {lines}")
    finish(start_workers(folder, place))
    whole, resumed = (contents(folder / p / "x_64") for p in ("workers", place))
    last = [name for name in whole if name.startswith("IMAE.model-9.index")]
    equal = last != [] and all((whole[name] == resumed[name]).all() for name in last)
    print(f"resumed: {'bit-equal' if equal else 'another'} in {len(last)} tensors")
    ended = workers[1].returncode == -kind and workers[0].returncode == 2
    return ended and len(lines) == 1 and equal


if __name__ == "__main__":
    run_program(main)
