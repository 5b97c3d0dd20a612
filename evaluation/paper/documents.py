"""Tables in documents, each between the lines `<!-- name -->` and `<!-- end -->`."""

import re
from pathlib import Path

from imnet.base.errors import UserError
from imnet.base.files import written_whole


def write_tables(document: Path, tables: dict[str, list[list[str]]]) -> None:
    """Put tables into a document, each between its lines, see `put_table`."""
    text = document.read_text(encoding="utf-8")
    for name, rows in tables.items():
        text = put_table(text, name, rows)
    with written_whole(document) as beside:
        beside.write_text(text, encoding="utf-8")
    print(f"{document}: {', '.join(tables)}")


def put_table(text: str, name: str, rows: list[list[str]]) -> str:
    """Replace the table between `<!-- name -->` and `<!-- end -->`; the first row is its head."""
    between = re.compile(f"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not between.search(text):
        raise UserError(f"the document has no lines <!-- {name} --> and <!-- end -->")
    lines = [f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]]]
    return between.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], text)
