"""Moving pictures."""

from pathlib import Path

import numpy as np
from PIL import Image

from imnet.base.files import written_whole

COLOURS = 64
FRAME_MILLISECONDS = 100


def write_gif(path: Path, frames: list[np.ndarray]) -> None:
    """Write frames uint8 [h, w, 3] RGB or [h, w] grey as an endless GIF."""
    images = [Image.fromarray(frame).quantize(COLOURS) for frame in frames]
    with written_whole(path) as beside:
        images[0].save(
            beside, format="GIF", save_all=True, append_images=images[1:],
            duration=FRAME_MILLISECONDS, loop=0,
        )  # fmt: skip


def there_and_back(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Return the frames, then those between the ends backwards: a loop without a jump."""
    return frames + frames[-2:0:-1]
