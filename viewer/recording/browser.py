"""A headless Chromium that opens the page, for tests and pictures. It needs playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imnet.base.errors import UserError

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (  # WebGL without a graphics card
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip


def find_browser() -> str:
    """Return the path of the Chromium that is installed. Raises UserError if there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise UserError("no Chromium is installed: `apt-get install chromium`")
    return path


@contextmanager
def browser_page(width: int, height: int) -> Iterator["Page"]:
    """Open a page of so many pixels in a headless Chromium.

    Raises:
        UserError: Chromium or the package playwright is not installed.
    """
    path = find_browser()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise UserError("install the package playwright first") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser.new_page(viewport={"width": width, "height": height})
        finally:
            browser.close()
