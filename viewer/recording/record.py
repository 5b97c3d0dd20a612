# PYTHON_ARGCOMPLETE_OK
"""Take a picture and a short moving picture of the viewer in a headless Chromium."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from imnet.base.errors import run_program
from imnet.base.flags import option, parse_flags
from imnet.pictures.gifs import write_gif
from imnet.pictures.images import write_picture
from imnet_viewer.options import ModelOptions
from imnet_viewer.recording.browser import browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 1280, 760
FINEST = 128  # grid of the meshes in the pictures
PATIENCE = 120_000  # milliseconds: software draws the page
DRAWN = 1000  # milliseconds for the last mesh to be drawn
FRAMES = 16
SMALLER = 2  # times, the moving picture


@dataclass(frozen=True, kw_only=True)
class Flags(ModelOptions):
    picture: Path = option(Path("viewer.png"), "the picture, FILE.png")
    moving: Path = option(Path("viewer.gif"), "the moving picture, FILE.gif")


def main() -> None:
    """Serve the viewer, walk in it, and write what it looks like."""
    flags = parse_flags(Flags, __doc__)
    from imnet_viewer.app import serve  # not for --help
    from imnet_viewer.loading import load_models

    server = serve(load_models(flags), "127.0.0.1", 0, 64, FINEST)
    try:
        with browser_page(WIDTH, HEIGHT) as page:
            page.set_default_timeout(PATIENCE)
            page.goto(f"http://127.0.0.1:{server.get_port()}")
            frames = circle(page)
    finally:
        server.stop()
    write_picture(flags.picture, frames[FRAMES // 3])
    size = WIDTH // SMALLER, HEIGHT // SMALLER
    write_gif(flags.moving, [np.asarray(Image.fromarray(f).resize(size)) for f in frames])
    print(f"{flags.picture}, {flags.moving}")


def circle(page: "Page") -> list[np.ndarray]:
    """Go once around the square between four shapes; return pictures [h, w, 3] of the page."""
    page.get_by_text(f"{FINEST}³ ·").wait_for()
    page.locator(".mantine-Notification-closeButton").first.click()  # viser's note on the drawing
    page.get_by_role("button", name="4", exact=True).click()
    numbers = page.locator("input.mantine-NumberInput-input:visible")
    frames = []
    for turn in np.arange(FRAMES) * 2 * np.pi / FRAMES:
        for number, place in enumerate((np.cos(turn), np.sin(turn))):  # Across and Up
            numbers.nth(number).fill(f"{0.5 + 0.5 * place:.3f}")
        page.wait_for_timeout(DRAWN)
        page.get_by_text(f"{FINEST}³ ·").wait_for()
        page.wait_for_timeout(DRAWN)
        frames.append(
            np.asarray(Image.open(io.BytesIO(page.screenshot(timeout=PATIENCE))).convert("RGB"))
        )
    return frames


if __name__ == "__main__":
    run_program(main)
