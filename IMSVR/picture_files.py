"""Picture files to pixels, upright. Pillow reads them, and OpenCV reads TIFF of more than 8 bits.

Both decode ordinary PNG and JPEG to the same bits. Pillow knows more formats and the orientation
that cameras store; OpenCV knows TIFF of 16 to 64 bits in grey and colour.
"""

import warnings
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL import TiffImagePlugin as Tiff

from imnet.base.errors import UserError, one_line, say_once
from imnet.base.files import other_thing

with suppress(ImportError):  # HEIC, the format of iPhones, where this package is installed
    import pillow_heif

    pillow_heif.register_heif_opener()

Image.init()
# Not all that Pillow knows: EPS starts another program, and PDF, video and icons are no photos.
FORMATS = [
    name for name in (
        "AVIF", "BMP", "DIB", "GIF", "HEIF", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "QOI",
        "SGI", "SUN", "TGA", "TIFF", "WEBP",
    ) if name in Image.OPEN
]  # fmt: skip
OTHER_PICTURES = (  # a folder's files with these suffixes are skipped by name
    ".heic", ".heif", ".hif", ".jxl", ".jxr", ".svg", ".svgz", ".psd", ".xcf", ".exr", ".hdr",
    ".eps", ".ico", ".dng", ".raw", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2",
)  # fmt: skip
READABLE = {end for end, name in Image.registered_extensions().items() if name in (*FORMATS, "MPO")}
SUFFIXES = READABLE.union(OTHER_PICTURES)
LEAST_SIDE = 16  # pixels; nothing can be told of a smaller picture
MOST_TIMES_AS_LONG = 25  # as wide; the short side of a longer strip vanishes when it is reduced
MOST_BYTES = 2**30  # of a decoded picture: 268 million pixels of 8 bits
LARGE = 2**25  # pixels; from here on a picture is reduced as soon as it is decoded
REDUCED_SIDE = 2000  # pixels, the least that the longer side is reduced to
_PILLOWS_BOUND = Lock()
SEVERAL = "holds several pictures: the first is used"


def find_pictures(paths: tuple[str, ...]) -> list[Path]:
    """Find the files among paths, and the picture files directly in the folders among them, sorted.

    A folder is searched once, under whatever names it is given. A note lists what is in a folder
    and is no picture by its suffix. Hidden files are left out.

    Raises:
        UserError: a path is neither, or a folder holds no picture.
    """
    found, searched = [], set()
    if "" in paths:
        raise UserError("--image '': no file or folder is named")
    for path in map(Path, paths):
        if not path.is_dir():
            if not path.exists() and not path.is_symlink():
                raise UserError(f"--image {path}: no such file or folder")
            found.append(path)
        elif path.resolve() not in searched:
            searched.add(path.resolve())
            inside = sorted(p for p in path.iterdir() if not p.name.startswith("."))
            pictures = [p for p in inside if p.suffix.lower() in SUFFIXES and not p.is_dir()]
            if not pictures:
                raise UserError(f"--image {path}: no picture in it ({' '.join(sorted(READABLE))})")
            if others := [p.name for p in inside if p not in pictures]:
                more = f" and {len(others) - 10} others" if len(others) > 10 else ""
                _note(
                    path, f"also holds files that are no pictures: {', '.join(others[:10])}{more}"
                )
            found += pictures
    return found


def read_picture(path: Path) -> np.ndarray:
    """Read a picture as uint8 [h, w, 4], blue, green, red and alpha, upright.

    Of several pictures in a file, such as the frames of a GIF, the first is read, and a note says
    so. A picture of more than LARGE pixels is reduced. More than 8 bits become 8 as `_eight_bits`
    says.

    Raises:
        UserError: it cannot be decoded, is too small, too large or too thin a strip.
    """
    if not path.is_file():
        raise UserError(
            f"{path} is {'a link that leads nowhere' if path.is_symlink() else 'no file'}"
        )
    try:
        with path.open("rb") as file:
            return decode_picture(file, path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


def decode_picture(file: BinaryIO, name: str | Path, most_bytes: int = MOST_BYTES) -> np.ndarray:
    """Decode an open picture file. Result and errors as of `read_picture`.

    `name` is what messages call it, `most_bytes` the most that its pixels may take.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, about data that the pixels do not need
            _refuse_other_things(name, file)
            tags = _tiff_tags(name, file)
            deep = max(tags.get(Tiff.BITSPERSAMPLE, (1,))) > 8
            if deep or set(tags.get(Tiff.SAMPLEFORMAT, (1,))) != {1}:  # 1: no sign, no fractions
                return _read_deep_tiff(name, file, tags, most_bytes)
            return _read_with_pillow(name, file, most_bytes)
    except UserError:
        raise
    except Exception as error:  # decoders raise errors of any type where a file is damaged
        if getattr(error, "errno", None):
            raise UserError(f"{name} cannot be read: {error.strerror}") from error
        what = f"it is damaged, or of a kind that is not read ({one_line(error)})"
        raise _no_picture(name, what) from error


def _no_picture(name: str | Path, what: str) -> UserError:
    return UserError(f"{name} is not a picture that can be decoded: {what}")


def _note(name: str | Path, says: str) -> None:
    say_once(one_line(ValueError(f"{name} {says}")))


def _refuse_other_things(name: str | Path, file: BinaryIO) -> None:
    """Raise UserError for files that are known and no pictures that can be read."""
    head = file.read(1024)
    file.seek(0)
    if other := other_thing(head):
        what = f"it is {other}"
    elif "HEIF" not in FORMATS and head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif"):
        what = "it is HEIC; install the package pillow-heif, or save the picture as JPEG"
    else:
        return
    raise _no_picture(name, what)


def _check_size(
    name: str | Path, width: int, height: int, pixel_bytes: int, most_bytes: int
) -> None:
    """Raise UserError for sizes that cannot be worked on, before anything is decoded."""
    short, long = sorted((width, height))
    size = f"{name} has {width} x {height} pixels"
    if short * MOST_TIMES_AS_LONG < long:
        raise UserError(f"{size}: too thin a strip to cut a shape out of")
    if short < LEAST_SIDE:
        raise UserError(f"{size}: too small")
    if width * height * pixel_bytes > most_bytes:
        most = most_bytes // pixel_bytes // 10**6
        raise UserError(f"{size}: too large, at most {most} million are read; reduce it")


def _read_with_pillow(name: str | Path, file: BinaryIO, most_bytes: int) -> np.ndarray:
    """Read all but deep TIFF, uint8 [h, w, 4]; see `read_picture`."""
    try:
        image = _opened(file)
    except UnidentifiedImageError:
        kinds = " ".join(sorted(READABLE))
        raise _no_picture(name, f"its content is of none of the kinds {kinds}") from None
    _check_size(name, *image.size, 4, most_bytes)
    # MPO is a JPEG with a preview or a depth map behind the photo.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        _note(name, SEVERAL)
    large = image.width * image.height > LARGE
    if large:
        image.draft(None, (REDUCED_SIDE, REDUCED_SIDE))  # JPEG decodes to an eighth at once
    image.load()
    deep = image.mode.startswith("I")  # 16 bits, whatever Pillow stores them in
    if large and not deep:
        if image.mode not in ("L", "RGB", "CMYK", "YCbCr"):
            image = image.convert("RGBA")
        image = image.reduce(max(max(image.size) // REDUCED_SIDE, 1))
    with suppress(Exception):  # damaged EXIF data do not spoil the picture
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode == "F":
        return _bgra(_eight_bits(np.asarray(image), name))
    if deep:
        values = np.array(image, np.uint16)
        values[values == image.info.get("transparency", -1)] = 65535  # as if blended on white
        return _bgra(_eight_bits(values, name))
    return np.asarray(image.convert("RGBA"))[..., [2, 1, 0, 3]]


def _opened(file: BinaryIO) -> Image.Image:
    """Open a picture of any size, of which only the head is read: `_check_size` bounds it.

    Pillow has one bound for the whole process, which other threads need.
    """
    with _PILLOWS_BOUND:
        usual, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(file, formats=FORMATS)
        finally:
            Image.MAX_IMAGE_PIXELS = usual


def _tiff_tags(name: str | Path, file: BinaryIO) -> dict[int, tuple]:
    """Read the first page's tags, values as tuples; none if the file is no TIFF."""
    head = file.read(16)
    if head[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        file.seek(0)
        return {}
    is_big = b"+" in head[:4]
    directory = Tiff.ImageFileDirectory_v2(head if is_big else head[:8])
    file.seek(directory.next)
    directory.load(file)
    file.seek(0)
    if directory.next:
        _note(name, SEVERAL)
    return {tag: v if isinstance(v, tuple) else (v,) for tag, v in dict(directory).items()}


def _read_deep_tiff(
    name: str | Path, file: BinaryIO, tags: dict[int, tuple], most_bytes: int
) -> np.ndarray:
    """Read a TIFF of more than 8 bits or with signs, uint8 [h, w, 4]; see `read_picture`.

    Raises UserError for layouts that OpenCV reads wrongly without an error.
    """
    samples = tags.get(Tiff.SAMPLESPERPIXEL, (1,))[0]
    pixel_bytes = samples * max(tags.get(Tiff.BITSPERSAMPLE, (1,))) // 8
    size = tags[Tiff.IMAGEWIDTH][0], tags[Tiff.IMAGELENGTH][0]
    _check_size(name, *size, max(pixel_bytes, 4), most_bytes)
    photometric = tags[Tiff.PHOTOMETRIC_INTERPRETATION][0]
    planes = samples if tags.get(Tiff.PLANAR_CONFIGURATION) == (2,) else 1
    premultiplied = 1 in tags.get(Tiff.EXTRASAMPLES, ())
    starts = tags.get(Tiff.STRIPOFFSETS) or tags[Tiff.TILEOFFSETS]
    lengths = tags.get(Tiff.STRIPBYTECOUNTS) or tags[Tiff.TILEBYTECOUNTS]
    content = np.frombuffer(file.read(), np.uint8)
    if max(map(sum, zip(starts, lengths, strict=True))) > len(content):
        raise _no_picture(name, "its end is missing; copy it again")
    known = samples in (1, 3, 4) and pixel_bytes > samples and photometric <= 2
    known = known and planes == 1 and not premultiplied
    picture = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if known else None
    if picture is None:
        raise _no_picture(name, "TIFF of this kind is not read; save it with 8 bits, or as PNG")
    colours = _eight_bits(picture[..., :3] if samples == 4 else picture, name)
    if samples == 4:
        alpha = picture[..., 3]
        return np.dstack([colours, _scaled(alpha, 0, float(alpha.max()))])
    return _bgra(255 - colours if photometric == 0 else colours)  # 0: the least is white


def _eight_bits(values: np.ndarray, name: str | Path) -> np.ndarray:
    """Return numbers [h, w, ...] of any type as uint8, black 0 and white 255.

    White is 65535 where 16 bits hold more than 12 bits' numbers; 1 for fractions and masks, which
    may reach a little over 0..1; 255 where no number is larger. Of all others the least is black
    and the largest white. A note says which, unless white is 65535.

    Raises ValueError if not all are finite.
    """
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise ValueError("it has numbers that are not finite")
    if values.dtype == np.uint16 and high > 4095:
        return _scaled(values, 0, 65535)
    if low >= -0.5 and high <= 1.5:
        black, white = 0, 1
    elif low >= 0 and high <= 255:
        black, white = 0, 255
    else:
        black, white = low, high
    numbers = f"{values.dtype} numbers from {low:g} to {high:g}"
    _note(name, f"has {numbers}: {black:g} is taken as black, {white:g} as white")
    return _scaled(values, black, white)


def _scaled(values: np.ndarray, black: float, white: float) -> np.ndarray:
    scale = 255 / ((white - black) or 1)
    rows = (np.clip(np.rint((row - black) * scale), 0, 255).astype(np.uint8) for row in values)
    return np.stack(list(rows))  # by rows, because float64 takes up to 8 times the room


def _bgra(picture: np.ndarray) -> np.ndarray:
    """Return uint8 [h, w] or [h, w, 3] with blue, green, red and an opaque alpha."""
    grey = picture.ndim == 2
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGRA if grey else cv2.COLOR_BGR2BGRA)
