"""Pictures of any size and kind made into views: grey on white, framed as in training."""

import re
import warnings
from collections.abc import Container
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from imnet.base.errors import UserError, one_line, say_once
from imnet.base.names import counted
from imnet.data.letters import bounding_box
from imnet.data.sizes import VIEW_SIZE, WHITE
from IMSVR.picture_files import find_pictures, read_picture

FILL = 0.82  # of the frame's side that a shape takes in the views of point_sampling
FLAT = 12  # how far, in CIELAB, nine tenths of a border of one colour are from its median
FAINT = 0.3  # alpha below which a layer is a shadow, where much of what is seen is opaque
SPECK = 0.01  # area of a piece, of the largest one's, below which it does not decide the frame
APART = 0.05  # of the picture's side, how far from the others such a piece is
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
    views, skipped = _views_of(find_pictures(paths), background)
    if not views:
        raise UserError(f"none of the pictures is good: {skipped[0]}")
    return views, skipped


def read_objects(
    paths: tuple[str, ...], background: str
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read the pictures of a folder as views of one object, and each file as one of its own.

    Returns:
        Views uint8 [v, 137, 137] by the name of the folder or file, and one line for each picture
        that was skipped. Names and errors as of `read_views`.
    """
    objects: dict[str, np.ndarray] = {}
    skipped = []
    for path in paths:
        views, bad = _views_of(find_pictures((path,)), background)
        skipped += bad
        if views:
            place = Path(path).resolve()
            name = place.name if place.is_dir() else place.stem
            objects[_free(name, objects)] = np.stack(list(views.values()))
    if not objects:
        raise UserError(f"none of the pictures is good: {skipped[0]}")
    return objects, skipped


def _views_of(files: list[Path], background: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read files as views by name, and list those that are no good."""
    views: dict[str, np.ndarray] = {}
    skipped = []
    for path in files:
        try:
            with warnings.catch_warnings(record=True) as odd:
                warnings.simplefilter("always", UserWarning)
                view = picture_to_view(read_picture(path), background)
        except UserError as error:
            where = "" if str(path) in str(error) else f"{path}: "
            skipped.append(one_line(UserError(f"{where}{error}")))
            continue
        for warning in odd:
            say_once(one_line(UserWarning(f"{path}: {warning.message}")))
        views[_free(path.stem, views)] = view
    return views, skipped


def _free(name: str, taken: Container[str]) -> str:
    """Return a name on one line, with _2, _3 ... where it is taken."""
    stem = name = " ".join(re.split(r"[\r\n]+", name)) or "shape"
    numbers = count(2)
    while name in taken:
        name = f"{stem}_{next(numbers)}"
    return name


def picture_to_view(picture: np.ndarray, background: str) -> np.ndarray:
    """Cut the shape out of a picture and frame it as in the training views.

    Args:
        picture: uint8 [h, w, 4], blue, green, red, alpha.
        background: what becomes white, once alpha is blended on white.
            "white": what is white already. "threshold": what is like the border's colour.
            "grabcut": what OpenCV's GrabCut gives, from a frame just inside the border.
            "auto": as "white" if the border is white, as "threshold" if it has one colour, else as
            "grabcut".

    Returns:
        View uint8 [137, 137], 255 = background. Warns of what is left out: a faint layer, specks.

    Raises:
        UserError: nothing but background is left.
    """
    side = max(picture.shape[:2])
    if side > WORKING_SIDE:
        size = [max(round(n * WORKING_SIDE / side), 1) for n in picture.shape[1::-1]]
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    alpha = _without_shadow(picture[..., 3:] / 255)
    colour = np.round(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    grey = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)
    level = np.median(_border(grey))
    if background == "auto":
        background = "white" if level >= WHITE else "threshold" if _flat(colour) else "grabcut"
    if background == "threshold":
        grey[~_threshold(colour)] = 255
    elif background == "grabcut":
        grey[~_grabcut(colour)] = 255
    elif level >= WHITE:
        grey[grey >= level - (255 - WHITE)] = 255  # as much below a border that is below 255
    grey[grey >= WHITE] = 255
    return _framed(_without_specks(grey))


def _without_shadow(alpha: np.ndarray) -> np.ndarray:
    """Make a faint layer of alpha [h, w, 1] transparent where much of what is seen is opaque."""
    faint = (alpha > 0) & (alpha < FAINT)
    if (alpha > 0.99).sum() < faint.sum() / 10 or not faint.any():
        return alpha
    if faint.sum() > 0.05 * (alpha > 0).sum():  # more than the edges of the shape
        warnings.warn("a faint layer, such as a shadow, is left out", stacklevel=2)
    return np.where(faint, 0, alpha)


def _flat(colour: np.ndarray) -> bool:
    """Whether the border of a picture [h, w, 3] has one colour, but for the noise of JPEG."""
    border = cv2.cvtColor(_border(colour)[None], cv2.COLOR_BGR2LAB)[0].astype(np.float32)
    distance = np.linalg.norm(border - np.median(border, axis=0), axis=1)
    return bool(np.quantile(distance, 0.9) < FLAT)


def _without_specks(grey: np.ndarray) -> np.ndarray:
    """Whiten small pieces far from the others, such as a mark in a corner of a grey view [h, w]."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((grey < WHITE).astype(np.uint8))
    left, top, width, height, area = stats[1:].T  # without the background
    large = area >= SPECK * area.max(initial=0)
    if large.all():
        return grey
    low = np.array([left[large].min(), top[large].min()])
    high = np.array([(left + width)[large].max(), (top + height)[large].max()])
    starts, ends = np.stack([left, top], axis=1), np.stack([left + width, top + height], axis=1)
    gap = np.maximum(low - ends, starts - high).max(axis=1)  # between the boxes
    specks = np.flatnonzero(~large & (gap > APART * max(grey.shape))) + 1
    if len(specks):
        many = counted(len(specks), "small piece")
        warnings.warn(f"{many} far from the shape, such as marks, left out", stacklevel=2)
    return np.where(np.isin(labels, specks), 255, grey).astype(np.uint8)


def _border(picture: np.ndarray) -> np.ndarray:
    """Return the outermost pixels of a picture [h, w, ...], in a row."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _threshold(colour: np.ndarray) -> np.ndarray:
    """Return which pixels [h, w] differ from the border's median colour, by Otsu's threshold."""
    lab = cv2.cvtColor(colour, cv2.COLOR_BGR2LAB).astype(np.float32)
    distance = np.linalg.norm(lab - np.median(_border(lab), axis=0), axis=2)
    distance = np.clip(distance, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(distance, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return mask.astype(bool)


def _grabcut(colour: np.ndarray) -> np.ndarray:
    """Return which pixels [h, w] GrabCut takes for the shape, within a thin frame."""
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
    box = bounding_box(grey < WHITE)
    if box is None:
        raise UserError("nothing but background is left of it; try another --background")
    shape = grey[box]
    scale = FILL * VIEW_SIZE / max(shape.shape)
    height, width = (max(round(n * scale), 1) for n in shape.shape)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    view = np.full((VIEW_SIZE, VIEW_SIZE), 255, np.uint8)
    top, left = (VIEW_SIZE - height) // 2, (VIEW_SIZE - width) // 2
    view[top : top + height, left : left + width] = cv2.resize(
        shape, (width, height), interpolation=method
    )
    return view
