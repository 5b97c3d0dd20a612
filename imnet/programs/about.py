"""What a network is, and how it was trained, in lines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imnet.base.errors import UserError
from imnet.networks.checkpoints import find_checkpoint, read_checkpoint
from imnet.networks.network import Network, sizes_in
from imnet.networks.records import RUN_FILE, read_record
from imnet.programs.places import folder_of

SHOWN = ("start_from", "seed", "learning_rate", "half_life")
SHOWN += ("shapes_per_step", "points_per_step", "precision")
UNKNOWN = "not recorded"


def about(place: str | Path, kinds: Sequence[type[Network]]) -> list[str]:
    """Say what the network in a place is: a folder of checkpoints, a prefix or a `.pth` file.

    Args:
        place: of the network.
        kinds: of networks that it may be.

    Raises:
        UserError: there is none of them, or it is damaged.
    """
    place, refusal = Path(place), None
    for kind in kinds:
        try:
            checkpoint = find_checkpoint(place, kind.name, kind.port_name)
            sizes = sizes_in(read_checkpoint(checkpoint), checkpoint, kind.sizes)
        except UserError as error:
            refusal = refusal or error
            continue
        record = read_record(folder_of(place))
        lines = [f"{checkpoint}: {kind.__name__}, {_listed(sizes)}"]
        unknown = f"no {RUN_FILE} beside it: how it was trained is {UNKNOWN}"
        return lines + ([_run(run) for run in record["runs"]] if record else [unknown])
    raise refusal


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _run(run: dict[str, Any]) -> str:
    """Say in a line what a run of a record trained, on what, and with what.

    A record may lack what nobody knows, as those of the shipped networks do.
    """
    first, end = run["epochs"]
    stage = f" at {run['stage']}³" if run.get("stage") else ""
    file, shapes, fingerprint = (
        run.get("dataset", {}).get(key, UNKNOWN) for key in ("file", "shapes", "fingerprint")
    )
    flags = {name: run["flags"][name] for name in SHOWN if name in run.get("flags", {})}
    versions = _listed(run.get("versions", {})) or f"versions {UNKNOWN}"
    note = f" ({run['note']})" if "note" in run else ""
    return (
        f"epochs {first} to {end - 1}{stage}: {file} ({shapes} shapes, fingerprint {fingerprint}), "
        f"{_listed(flags)}; {versions}, {run.get('device', f'device {UNKNOWN}')}{note}"
    )
