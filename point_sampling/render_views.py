# PYTHON_ARGCOMPLETE_OK
"""Render views of shapes, 137x137, grey on white, for single-view reconstruction.

The shapes are meshes (OBJ PLY STL OFF GLB glTF DAE), 64³ binvox files, or a point-value dataset.
"""

import math
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.sizes import CAMERAS, ELEVATION, VARIED_ELEVATION, VIEW_SIZE
from point_sampling.sampler_flags import AxesFlags, ExchangeFlags, ShapesFlags


def _shown(bounds: tuple[float, float]) -> str:
    return " ".join(map(str, bounds))


@dataclass(frozen=True, kw_only=True)
class Flags(AxesFlags, ExchangeFlags, ShapesFlags):
    input: Path = option(
        REQUIRED, "folder of meshes or binvox files, searched recursively, or a dataset FILE.hdf5"
    )
    output: Path = option(REQUIRED, "the views, FILE.hdf5")
    seed: int = option(0, "seed of the random cameras and rays", least=0)
    views: int = option(20, "views a shape", least=1)
    azimuth: str = option(
        "random",
        "drawn from all around, or evenly spaced from the front on",
        choices=("random", "spaced"),
    )
    elevation: tuple[float, float] | None = option(
        None,
        f"its bounds in degrees (default: {_shown(ELEVATION)}, "
        f"with --vary {_shown(VARIED_ELEVATION)})",
        nargs=2,
        metavar=("LOW", "HIGH"),
    )
    distance: tuple[float, float] = option(
        (1.15, 1.3),
        "its bounds; at 1 the shape fills the frame, and in general 1/distance of it",
        nargs=2,
        metavar=("LOW", "HIGH"),
    )

    vary: bool = option(
        False, "vary materials, light, lens and faults as photos do, to train an image encoder on"
    )
    plain: int = option(0, "with --vary: the first so many views are as without it", least=0)

    def __post_init__(self) -> None:
        """Raise UserError for values that no camera can have."""
        if self.plain and not (self.vary and self.plain < self.views):
            raise UserError(f"--plain {self.plain} is for --vary, and below --views {self.views}")
        low, high = self.elevations
        if not -90 <= low <= high <= 90:
            raise UserError(f"--elevation {low:g} {high:g}: LOW HIGH within -90 .. 90 is needed")
        low, high = self.distance
        if not 1 <= low <= high < math.inf:
            raise UserError(
                f"--distance {low:g} {high:g}: LOW HIGH from 1 up (nothing cut off) is needed"
            )

    @property
    def elevations(self) -> tuple[float, float]:
        """The bounds of the elevation, in degrees."""
        return self.elevation or (VARIED_ELEVATION if self.vary else ELEVATION)


def main() -> int:
    options = parse_flags(Flags, __doc__)
    return render(options)


def render(options: Flags) -> int:
    """Write the views of all shapes; return the exit status, see `build`."""
    import numpy as np  # these are not for --help

    from imnet.base.files import files_below
    from imnet.pictures.shapenet_views import choose_cameras
    from imnet.pictures.varied_views import choose_varied_cameras
    from imnet.surfaces.reading import MESH_SUFFIXES, contradictions
    from imnet.surfaces.voxelize import axes_to_shapenet
    from point_sampling import shape_views
    from point_sampling.binvox_solids import load_with_remark
    from point_sampling.parts import build
    from point_sampling.sources import find_shapes, state_of

    flags = ("views", "azimuth", "distance", "up", "front", "vary", "plain")
    plain = options.plain if options.vary else options.views
    where = {"spaced": options.azimuth == "spaced", "distance": options.distance}
    choose = partial(choose_cameras, count=plain, elevation=options.elevation or ELEVATION, **where)
    choose_varied = options.vary and partial(
        choose_varied_cameras,
        count=options.views - plain,
        elevation=options.elevation or VARIED_ELEVATION,
        **where,
    )
    rotation = axes_to_shapenet(options.up, options.front)
    more = {"copies": options.augment, "exchanges": options.exchange}
    if options.exchange and options.input.is_dir():
        for mesh in files_below(options.input, MESH_SUFFIXES):
            raise UserError(f"--exchange: {mesh} is a mesh: give binvox files, or a dataset")
    sources = find_shapes(options.input, shape_views.SUFFIXES, **more, load=load_with_remark)
    for line in contradictions((path for _, path in sources), options.up):
        print(f"note: {line}", file=sys.stderr)
    return build(
        sources,
        partial(
            shape_views.render_shape,
            rotation,
            choose,
            copies=any(more.values()),
            choose_varied=choose_varied or None,
        ),
        {
            "pixels": ((options.views, VIEW_SIZE, VIEW_SIZE), np.uint8),
            CAMERAS: ((options.views, 6 if options.vary else 3), np.float32),
        },
        options.output,
        settings={"source": "views", "elevation": options.elevations}
        | {flag: getattr(options, flag) for flag in flags}
        | ({"of": state_of(sources)} if options.exchange else {}),
        seed=options.seed,
        workers=options.pool,
        finish=partial(shape_views.write_sheet, options.output),
    )


if __name__ == "__main__":
    run_program(main)
