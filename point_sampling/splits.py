"""Which shapes train and which test. All shapes of a family are on the same side.

Variants take no part in a split: they train where all shapes that they are made of train.
"""

from collections.abc import Iterable
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.files import read_csv
from imnet.base.names import read_names
from point_sampling.variant_names import original_of, originals_of

SHARE = 0.8  # of the shapes that train
NEAR_DUPLICATE = 0.8  # least IoU of near-duplicates, which are of a family


def choose_sides(
    names: list[str],
    left_out: set[str],
    *,
    share: float = SHARE,
    shuffle: int | None = None,
    train_names: Path | None = None,
    test_names: Path | None = None,
    families: Path | None = None,
) -> tuple[list[str], list[str]]:
    """Split sorted names into those that train and those that test.

    Args:
        names: of the shapes that have points and views.
        left_out: names of other shapes, which may be in the lists.
        share: of the names that trains, where there is no list.
        shuffle: seed of a random order to take the share in; None takes the order of the names.
        train_names: file with the names that train.
        test_names: file with the names that test.
        families: file with the families, which are never torn.

    Raises:
        UserError: a side is empty, or a list has names that are unknown.
    """
    family_of = read_families(families) if families else {}
    if family_of and not family_of.keys() & set(names):
        raise UserError(f"--families {families} names no shape of this set")
    # copies whose original is not in the set
    family_of = {n: original_of(n) for n in names if original_of(n) != n} | family_of
    listed = train_names or test_names
    if listed is None:
        order = names
        if shuffle is not None:
            import numpy as np  # not for --help

            order = np.random.default_rng(shuffle).permutation(names).tolist()
        train, test = map(sorted, split_by_share(order, share, family_of))
    else:
        # a list that an earlier run wrote may have variants
        known = set(names) | left_out
        wanted = []
        for name in read_names(listed):
            wanted += [n for n in originals_of(name) if n in known] or [name]
        unknown = sorted(set(wanted) - known)
        if unknown:
            raise UserError(f"{listed}: there is no shape {unknown[0]} in this set")
        inside, outside = split_by_list(names, wanted, family_of)
        train, test = (inside, outside) if train_names else (outside, inside)
    for side, chosen in (("training", train), ("test", test)):
        if not chosen:
            raise UserError(f"no shape of {len(names)} is on the {side} side: split otherwise")
    return train, test


def split_by_share(
    names: list[str], share: float, families: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Split names into the first int(share * n) and the rest: (train, test).

    A whole family goes to the side of its first name. `families` gives the family of each name that
    has one.
    """
    first = int(share * len(names))
    train_alone, train_families, test_families = set(names[:first]), set(), set()
    for index, name in enumerate(names):
        family = families.get(name)
        if family is not None and family not in train_families | test_families:
            (train_families if index < first else test_families).add(family)
    trains = [
        families[name] in train_families if name in families else name in train_alone
        for name in names
    ]
    train = [name for name, does in zip(names, trains, strict=True) if does]
    return train, [name for name, does in zip(names, trains, strict=True) if not does]


def split_by_list(
    names: list[str], listed: list[str], families: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Split names into those that are listed and the rest, both in the order of `names`.

    Raises UserError if a family is on both sides.
    """
    wanted = set(listed)
    inside = [name for name in names if name in wanted]
    outside = [name for name in names if name not in wanted]
    members = {families[name]: name for name in inside if name in families}
    for name in outside:
        if families.get(name) in members:
            raise UserError(
                f"{members[families[name]]} is listed, but {name}, of the same family, is not: "
                "list both or neither"
            )
    return inside, outside


def variants_among(names: Iterable[str]) -> dict[str, list[str]]:
    """Return what the variants among the names are made of.

    They are the warped copies of another one among the names, and all shapes made of two, of which
    neither need be there.
    """
    originals = {name: originals_of(name) for name in names}
    return {
        name: of
        for name, of in originals.items()
        if len(of) > 1 or (of != [name] and of[0] in originals)
    }


def trained_variants(
    variants: dict[str, list[str]], train: Iterable[str], test: Iterable[str]
) -> list[str]:
    """Return the variants that train: those that are made of training shapes only."""
    trained, tested = ({o for n in side for o in originals_of(n)} for side in (train, test))
    trained -= tested
    return [name for name, originals in variants.items() if trained.issuperset(originals)]


def read_families(path: Path) -> dict[str, str]:
    """Read the family of each name from a CSV file of two columns, with a heading or without.

    Raises UserError if the file cannot be read so, or gives a name two families.
    """
    families = {}
    for number, row in enumerate(read_csv(path), start=1):
        if not row or row == ["name", "family"]:
            continue
        if len(row) != 2:
            raise UserError(f"--families {path}, line {number}: 'name,family' is needed")
        name, family = row
        if families.setdefault(name, family) != family:
            raise UserError(f"--families {path}, line {number}: {name} has a family already")
    return families
