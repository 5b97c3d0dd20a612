"""Pictures of any size and kind made into views: grey on white, framed as in training."""

from pathlib import Path

import cv2
import numpy as np

from imnet.base.errors import UserError
from imnet.data.sizes import VIEW_SIZE

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
FILL = 0.82  # of the frame's side that a shape takes in the views of point_sampling
WHITE = 245  # from here on a pixel is background
LEAST_SIDE = 16  # pixels; nothing can be told of a smaller picture
WORKING_SIDE = 400  # pixels; larger pictures are reduced before cutting out


def find_pictures(paths: tuple[str, ...]) -> list[Path]:
    """The files among paths, and the picture files directly in the folders among them, sorted.

    Raises:
        UserError: a path is neither, or a folder holds no picture.
    """
    found = []
    for path in map(Path, paths):
        inside = [p for p in sorted(path.glob("[!.]*")) if p.suffix.lower() in SUFFIXES]
        if path.is_dir() and not inside:
            raise UserError(f"--image {path}: no picture in it ({' '.join(SUFFIXES)})")
        if not path.exists():
            raise UserError(f"--image {path}: no such file or folder")
        found += inside if path.is_dir() else [path]
    return found


def read_views(paths: tuple[str, ...], background: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read pictures, and those in folders, as views; see `find_pictures`, `picture_to_view`.

    Returns:
        Views uint8 [137, 137] by name, the file's own without its suffix, numbered where several
        are alike; and a line for each picture that is no good.

    Raises:
        UserError: none is good.
    """
    views: dict[str, np.ndarray] = {}
    skipped = []
    for path in find_pictures(paths):
        try:
            view = picture_to_view(read_picture(path), background)
        except UserError as error:
            message = str(error)
            skipped.append(message if message.startswith(str(path)) else f"{path}: {message}")
            continue
        same = sum(name == path.stem or name.startswith(f"{path.stem}_") for name in views)
        views[f"{path.stem}_{same + 1}" if path.stem in views else path.stem] = view
    if not views:
        raise UserError(f"none of the pictures is good: {skipped[0]}")
    return views, skipped


def read_picture(path: Path) -> np.ndarray:
    """Read a picture as uint8 [h, w, 4], blue, green, red and alpha.

    Raises:
        UserError: it cannot be decoded, or is too small.
    """
    data = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if picture is None:
        raise UserError(f"{path} is not a picture that can be decoded ({' '.join(SUFFIXES)})")
    if min(picture.shape[:2]) < LEAST_SIDE:
        raise UserError(f"{path} has {picture.shape[1]} x {picture.shape[0]} pixels: too small")
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    elif picture.dtype != np.uint8:
        picture = np.clip(picture * 255.0, 0, 255).astype(np.uint8)
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels == 4:
        return picture
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGRA if channels == 1 else cv2.COLOR_BGR2BGRA)


def picture_to_view(picture: np.ndarray, background: str) -> np.ndarray:
    """Cut the shape out of a picture and frame it as in the training views.

    Args:
        picture: uint8 [h, w, 4], blue, green, red, alpha.
        background: "white" (as it is, alpha blended on white),
            "threshold" (what differs from the border's colour stays), "grabcut" (OpenCV's GrabCut
            from a frame just inside the border), or "auto": white if the border is, else grabcut.

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
    """The outermost pixels of a picture [h, w, ...], in a row."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _threshold(colour: np.ndarray) -> np.ndarray:
    """Which pixels [h, w] differ from the border's median colour, by Otsu's threshold."""
    lab = cv2.cvtColor(colour, cv2.COLOR_BGR2LAB).astype(np.float32)
    distance = np.linalg.norm(lab - np.median(_border(lab), axis=0), axis=2)
    distance = np.clip(distance, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(distance, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return mask.astype(bool)


def _grabcut(colour: np.ndarray) -> np.ndarray:
    """Which pixels [h, w] GrabCut takes for the shape; all outside of a thin frame are not."""
    height, width = colour.shape[:2]
    inset = max(min(height, width) // 40, 1)
    frame = (inset, inset, width - 2 * inset, height - 2 * inset)
    mask = np.zeros((height, width), np.uint8)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(colour, mask, frame, *models, 5, cv2.GC_INIT_WITH_RECT)
    return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)


def _framed(grey: np.ndarray) -> np.ndarray:
    """Centre what is not white in a white square of 137 pixels, FILL of its side."""
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
