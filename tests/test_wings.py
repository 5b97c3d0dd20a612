"""The house: which package imports which."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each wing of imnet imports only itself and those that are named here.
WINGS = {
    "base": set(),
    "data": {"base"},
    "surfaces": {"base", "data"},
    "pictures": {"base", "data", "surfaces"},
    "metrics": {"base", "data", "surfaces"},
    "networks": {"base", "data"},
    "programs": {"base", "data", "surfaces", "pictures", "metrics", "networks"},
}
PROGRAMS = {"IMGAN", "IMGAN2D", "IMSVR", "point_sampling"}
ABOVE = {"imnet_evaluation", "imnet_viewer", "viewer", "evaluation", "benchmarks", "tests"}
# Rooms that make documents, pictures and tests alone; wheels leave them out.
NOT_INSTALLED = ["evaluation.paper", "viewer.recording"]


def imports(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_wing_is_named():
    assert {p.parent.name for p in (ROOT / "imnet").glob("*/__init__.py")} == set(WINGS)


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_imports_only_wings_below_it(wing):
    for path in (ROOT / "imnet" / wing).rglob("*.py"):
        names = imports(path)
        assert not {name.split(".")[0] for name in names} & (PROGRAMS | ABOVE), path
        wings = {name.split(".")[1] for name in names if name.startswith("imnet.")} & set(WINGS)
        assert wings <= WINGS[wing] | {wing}, path


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_programs_do_not_import_each_other(program):
    for path in (ROOT / program).rglob("*.py"):
        assert not {n.split(".")[0] for n in imports(path)} & (PROGRAMS - {program} | ABOVE), path


@pytest.mark.parametrize("room", NOT_INSTALLED)
def test_what_is_installed_does_without_the_rooms_that_are_not(room):
    for folder in (*PROGRAMS, "evaluation", "viewer"):
        for path in (ROOT / folder).rglob("*.py"):
            if ".".join(path.relative_to(ROOT).parent.parts) != room:
                assert not any(name.startswith(f"imnet_{room}") for name in imports(path)), path


@pytest.mark.parametrize("wing", ["base", "data", "surfaces", "pictures", "metrics"])
def test_tensorflow_is_imported_only_where_a_network_is(wing):
    for path in (ROOT / "imnet" / wing).rglob("*.py"):
        if path.name != "quiet.py":
            assert "tensorflow" not in {name.split(".")[0] for name in imports(path)}, path
