"""Fixtures of several test files; and which tests may be skipped where CI is set."""

import os
from functools import partial

import pytest

SKIPS = {  # the start of a test's name → why it may be skipped
    "tests/test_viewer_browser.py": "Chromium, which .ci/run installs where it can",
}
LONG = (  # files that take longest, which begin first, so that no process waits at the end
    *("test_imgan_main", "test_distribution", "test_imsvr_main", "test_versions", "test_imgan2d"),
    *(
        "test_benchmarks",
        "test_viewer_browser",
        "test_procedural",
        "test_golden_imsvr",
        "test_walk",
    ),
    *("test_surface", "test_viewer", "test_cnn", "test_golden_improved", "test_export"),
)
unlisted: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of long files in front."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what is skipped without being listed."""
    if os.environ.get("CI") and report.skipped and not report.nodeid.startswith(tuple(SKIPS)):
        unlisted.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if a test was skipped that is not listed."""
    if unlisted and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that were skipped without being listed."""
    for nodeid in unlisted:
        terminalreporter.write_line(f"FAILED: skipped, and not listed in conftest.py: {nodeid}")


@pytest.fixture(scope="module")
def small_pictures():
    """Draw the programs' sheets small and of few shapes: what they show is tested elsewhere."""
    from IMGAN import training
    from imnet.pictures.rendering import contact_sheet
    from imnet.programs import outputs
    from IMSVR import reconstruction

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "SHEET_SHAPES", 1)
        patch.setattr(training, "TILE", 32)
        patch.setattr(reconstruction, "TILE", 32)
        patch.setattr(outputs, "contact_sheet", partial(contact_sheet, tile=32))
        yield


@pytest.fixture
def eagerly():
    """Run TensorFlow's functions without building graphs, which takes longer than tiny networks."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
