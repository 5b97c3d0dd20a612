"""What an evaluation shows: a table on the screen, CSV, and JSON with every setting."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from imnet.base.files import write_csv, write_json
from imnet_evaluation.shapes import DEFECTS, FAILURES, FAR_OUT

Row = dict[str, Any]
TEXTS = ("name", "file", "status", "reason", "truth")
HIDDEN = ("file", "reason", "truth")  # not in the table on the screen; the notes below say it


@dataclasses.dataclass(frozen=True)
class Report:
    """Rows with the same columns, rows that sum them up, and notes."""

    rows: list[Row]
    summary: list[Row]  # rows below the table
    notes: list[str]
    shapes: list[Row] = dataclasses.field(default_factory=list)  # for JSON; empty if rows are these


def mean_rows(rows: list[Row]) -> list[Row]:
    """Return the mean of each column of numbers, over how many rows it is, how many are left out.

    None is left out: the distances of failures, and the IoU of shapes without an inside. The scores
    of failures are 0 and count.
    """
    columns = [key for key in rows[0] if key not in TEXTS]
    found = {key: [row[key] for row in rows if row[key] is not None] for key in columns}
    return [
        {"name": "mean", **{k: float(np.mean(v)) if v else None for k, v in found.items()}},
        {"name": "over shapes", **{k: len(v) for k, v in found.items()}},
        {"name": "left out", **{k: len(rows) - len(v) for k, v in found.items()}},
    ]


def problem_notes(rows: Iterable[Row]) -> list[str]:
    """Count and name the shapes that failed and those that are no simple solids."""
    rows = list(rows)
    failed = sum(row["status"] in FAILURES for row in rows)
    notes = [f"{len(rows)} shapes; failures: {failed}"]
    for kind in FAILURES + DEFECTS:
        names = [_named(row) for row in rows if row["status"] == kind]
        if names:
            notes.append(f"{len(names)} {kind}: {', '.join(names)}")
    return notes


def far_out_notes(rows: Iterable[Row]) -> list[str]:
    """Count the shapes whose units must be mistaken and name the first, if there is one."""
    names = [row["name"] for row in rows if row["reason"] == FAR_OUT]
    return names and [
        f"{len(names)} {FAR_OUT}, {names[0]} the first: "
        "if these are array units, --pred_frame array --resolution D"
    ]


def table(rows: list[Row], summary: list[Row]) -> str:
    """Write rows as text with aligned columns; None is a dash."""
    columns = [key for key in (rows + summary)[0] if key not in HIDDEN]
    cells = [[_cell(row.get(key, "")) for key in columns] for row in rows + summary]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if key in TEXTS else cell.rjust(width)
            for cell, width, key in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in [columns, *cells]
    ]
    rule = "-" * max(map(len, lines))
    lines[1:1] = [rule]
    if summary and rows:
        lines[-len(summary) : -len(summary)] = [rule]
    return "\n".join(lines)


def print_report(report: Report, with_table: bool = True) -> None:
    """Print the notes, below the table if that is wanted."""
    if with_table:
        print(table(report.rows, report.summary))
    print("\n".join(" ".join(note.splitlines()) for note in report.notes))


def write_table(path: str | Path, rows: list[Row]) -> None:
    """Write the rows as CSV, without those that sum them up; None is an empty cell."""
    write_csv(path, list(rows[0]), (row.values() for row in rows))


def write_report(path: str | Path, report: Report, settings: dict[str, Any]) -> None:
    """Write every setting by its flag's name, the summary, the rows and the notes."""
    summary = {row["name"].replace(" ", "_"): _without_name(row) for row in report.summary}
    content = {
        **settings,
        **summary,
        "notes": report.notes,
        "shapes": report.shapes or report.rows,
    }
    if report.shapes:
        content["sets"] = report.rows
    write_json(path, _plain(content))


def _named(row: Row) -> str:
    return f"{row['name']} ({row['reason']})" if row["reason"] else row["name"]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).splitlines())


def _without_name(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "name"}


def _plain(value: Any) -> Any:
    """Return what JSON can hold: null for an infinite number, which says that all shapes failed."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
