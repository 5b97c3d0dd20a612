"""Pictures of any size and kind made into views: grey on white, framed as in training."""

import re
from itertools import count

import cv2
import numpy as np

from imnet.base.errors import UserError, one_line
from imnet.data.sizes import VIEW_SIZE
from IMSVR.picture_files import find_pictures, read_picture

FILL = 0.82  # of the frame's side that a shape takes in the views of point_sampling
WHITE = 245  # from here on a pixel is background
WORKING_SIDE = 400  # pixels; larger pictures are reduced before cutting out


def read_views(paths: tuple[str, ...], background: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read pictures, and the pictures in folders, as views.

    See `find_pictures`, `read_picture` and `picture_to_view`.

    Returns:
        Views uint8 [137, 137] by name: the file's name without its suffix and on one line, with
        _2, _3 ... where it is taken. And one line for each picture that was skipped.

    Raises:
        UserError: no picture is good.
    """
    views: dict[str, np.ndarray] = {}
    skipped = []
    for path in find_pictures(paths):
        try:
            view = picture_to_view(read_picture(path), background)
        except UserError as error:
            where = "" if str(path) in str(error) else f"{path}: "
            skipped.append(one_line(UserError(f"{where}{error}")))
            continue
        stem = name = " ".join(re.split(r"[\r\n]+", path.stem))
        numbers = count(2)
        while name in views:
            name = f"{stem}_{next(numbers)}"
        views[name] = view
    if not views:
        raise UserError(f"none of the pictures is good: {skipped[0]}")
    return views, skipped


def picture_to_view(picture: np.ndarray, background: str) -> np.ndarray:
    """Cut the shape out of a picture and frame it as in the training views.

    Args:
        picture: uint8 [h, w, 4], blue, green, red, alpha.
        background: what becomes white, once alpha is blended on white.
            "white": what is white already. "threshold": what is like the border's colour.
            "grabcut": what OpenCV's GrabCut gives, from a frame just inside the border.
            "auto": as "white" if the border is white, else as "grabcut".

    Returns:
        View uint8 [137, 137], 255 = background.

    Raises:
        UserError: nothing but background is left.
    """
    side = max(picture.shape[:2])
    if side > WORKING_SIDE:
        size = [max(round(n * WORKING_SIDE / side), 1) for n in picture.shape[1::-1]]
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    alpha = picture[..., 3:] / 255
    colour = np.round(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    grey = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)
    if background == "auto":
        background = "white" if np.median(_border(grey)) >= WHITE else "grabcut"
    if background == "threshold":
        grey[~_threshold(colour)] = 255
    elif background == "grabcut":
        grey[~_grabcut(colour)] = 255
    return _framed(grey)


def _border(picture: np.ndarray) -> np.ndarray:
    """Give the outermost pixels of a picture [h, w, ...], in a row."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _threshold(colour: np.ndarray) -> np.ndarray:
    """Tell which pixels [h, w] differ from the border's median colour, by Otsu's threshold."""
    lab = cv2.cvtColor(colour, cv2.COLOR_BGR2LAB).astype(np.float32)
    distance = np.linalg.norm(lab - np.median(_border(lab), axis=0), axis=2)
    distance = np.clip(distance, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(distance, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return mask.astype(bool)


def _grabcut(colour: np.ndarray) -> np.ndarray:
    """Tell which pixels [h, w] GrabCut takes for the shape, within a thin frame."""
    height, width = colour.shape[:2]
    inset = max(min(height, width) // 40, 1)
    frame = (inset, inset, width - 2 * inset, height - 2 * inset)
    mask = np.zeros((height, width), np.uint8)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(colour, mask, frame, *models, 5, cv2.GC_INIT_WITH_RECT)
    return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)


def _framed(grey: np.ndarray) -> np.ndarray:
    """Centre what is not white in a white view [137, 137], its longer side FILL of the view's."""
    rows, columns = (np.flatnonzero((grey < WHITE).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        raise UserError("nothing but background is left of it; try another --background")
    shape = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = FILL * VIEW_SIZE / max(shape.shape)
    height, width = (max(round(n * scale), 1) for n in shape.shape)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    view = np.full((VIEW_SIZE, VIEW_SIZE), 255, np.uint8)
    top, left = (VIEW_SIZE - height) // 2, (VIEW_SIZE - width) // 2
    view[top : top + height, left : left + width] = cv2.resize(
        shape, (width, height), interpolation=method
    )
    return view
