# PYTHON_ARGCOMPLETE_OK
"""Make the toy sets: one letter A at all places of a picture (the paper's supplementary material).

OUTPUT/toy_A.hdf5 holds `pixels` [1295, 64, 64] uint8, 255 inside the letter, and `positions`
[1295, 2], the letter's top row and left column. In toy_A_gap (1147 pictures) the middle four rows
of positions are left out. toy_A_blur and toy_A_gap_blur are blurred.
"""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags

GLYPHS = Path(__file__).parents[1] / "glyphs" / "A_64.hdf5"


@dataclass(frozen=True, kw_only=True)
class Flags:
    output: Path = option(REQUIRED, "folder for the files")
    glyphs: Path = option(GLYPHS, "where the letter is from, a file of get_glyphs.py")
    row: int = option(15, "which letter of it", least=0)


def main() -> None:
    options = parse_flags(Flags, __doc__)
    from imnet.data.hdf5 import write_arrays  # these are not for --help
    from imnet.data.letters import read_letters
    from point_sampling.fetch.toy_pictures import fit_letter, toy_sets

    glyphs = read_letters(options.glyphs)
    if options.row >= len(glyphs):
        raise UserError(f"--row {options.row}: {options.glyphs} has {len(glyphs)} letters")
    for name, arrays in toy_sets(fit_letter(glyphs[options.row])).items():
        write_arrays(options.output / f"{name}.hdf5", **arrays)
        print(f"{options.output / name}.hdf5: {len(arrays['pixels'])} pictures")


if __name__ == "__main__":
    run_program(main)
