"""The flags of fitting: to the shapes of a dataset, or to files."""

from dataclasses import dataclass

from imnet.base.errors import UserError
from imnet.base.flags import option, refuse
from imnet.programs.versions import MODES

SCANS = "files to fit"  # their heading in --help


@dataclass(frozen=True)
class FitOptions:
    """What codes are fitted to."""

    fit: tuple[str, ...] | None = option(
        None,
        "with --ae: move codes until the decoder comes near what is known. Without files, the "
        "voxels of a dataset: for --reconstruct, --interpolate and the extracted codes. With "
        "files, which need no dataset: binvox, meshes, and point clouds (PLY without faces, .pcd, "
        ".pts, .xyz or .txt of x y z [nx ny nz], .npy, .npz), scans of a part of a shape too",
        nargs="*",
        metavar="FILE",
        group=MODES,
    )
    camera: tuple[float, float, float] | None = option(
        None,
        "where the clouds were seen from, in their coordinates: tells outside from inside, and "
        "that nothing is between",
        nargs=3,
        metavar=("X", "Y", "Z"),
        group=SCANS,
    )
    scale: float | None = option(
        None,
        "diagonal of the whole shape's bounding box, in the units of the clouds (found with the "
        "code)",
        above=0,
        group=SCANS,
    )
    translate: tuple[float, float, float] | None = option(
        None,
        "centre of the whole shape's bounding box, in the coordinates of the clouds (found)",
        nargs=3,
        metavar=("X", "Y", "Z"),
        group=SCANS,
    )
    up: str = option("+y", "axis of the meshes and clouds that points up", signed=True, group=SCANS)
    front: str = option("-z", "axis of them that points to the front", signed=True, group=SCANS)

    @property
    def fits_files(self) -> bool:
        """Whether codes are fitted to files."""
        return bool(self.fit)

    def check_fit(self) -> None:
        """Raise UserError for flags that contradict each other."""
        if not self.fits_files:
            refuse(self, "codes of a dataset", "camera", "scale", "translate", "up", "front")
            return
        others = ("getz", "reconstruct", "interpolate", "start", "end", "point_clouds")
        refuse(self, "--fit FILE", *others, "surface_points")
        if (self.scale is None) != (self.translate is None):
            given, other = ("scale", "translate") if self.scale else ("translate", "scale")
            raise UserError(f"--{given} needs --{other}, too: or leave out both, to find them")
