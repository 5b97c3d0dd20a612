"""Which shapes train and which test; near-duplicates ("families") are never on both sides."""

import csv
from pathlib import Path

from imnet.base.errors import UserError


def split_by_share(
    names: list[str], share: float, families: dict[str, str]
) -> tuple[list[str], list[str]]:
    """The first int(share * n) of sorted names, and the rest: (train, test).

    All of a family go where its first name goes. `families` gives a name's family; a name that is
    not in it is alone.
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
    """The names that are listed, and the rest, both in the order of `names`.

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


def read_families(path: Path) -> dict[str, str]:
    """Read the family of each name: lines `name,family`, below the heading `name,family` or not.

    Raises UserError if the file cannot be read so, or gives a name two families.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")  # file names, any bytes
        rows = list(csv.reader(text.splitlines()))
    except (OSError, csv.Error) as error:
        raise UserError(f"--families {path} cannot be read: {error}") from error
    families = {}
    for number, row in enumerate(rows, start=1):
        if not row or row == ["name", "family"]:
            continue
        if len(row) != 2:
            raise UserError(f"--families {path}, line {number}: 'name,family' is needed")
        name, family = row
        if families.setdefault(name, family) != family:
            raise UserError(f"--families {path}, line {number}: {name} has a family already")
    return families
