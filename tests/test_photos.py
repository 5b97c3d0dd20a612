"""Pictures of all kinds made into views."""

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from imnet.base.errors import UserError
from IMSVR.photos import find_pictures, picture_to_view, read_picture, read_views


def picture(height=300, width=500, background=255, alpha=None):
    """A dark rectangle of 100 x 60 pixels off the middle, blue, green, red and alpha."""
    image = np.full((height, width, 4), background, np.uint8)
    image[50:150, 300:360, :3] = 40
    image[..., 3] = 255 if alpha is None else alpha
    return image


def box(view):
    rows, columns = (np.flatnonzero((view < 200).any(axis=axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def assert_framed(view):
    """The rectangle in the middle, its longer side 0.82 of the frame."""
    assert view.shape == (137, 137) and view.dtype == np.uint8
    top, bottom, left, right = box(view)
    assert bottom - top == pytest.approx(0.82 * 137, abs=4)
    assert (right - left) / (bottom - top) == pytest.approx(0.6, abs=0.06)
    assert top + bottom == pytest.approx(137, abs=4)
    assert left + right == pytest.approx(137, abs=4)
    assert view[68, 68] < 60
    assert view[2, 2] == 255


def test_a_white_background_is_framed():
    assert_framed(picture_to_view(picture(), "auto"))
    assert_framed(picture_to_view(picture(40 * 5, 80 * 5), "white"))


def test_a_large_picture_is_reduced():
    assert_framed(picture_to_view(np.kron(picture(), np.ones((8, 8, 1), np.uint8)), "auto"))


@pytest.mark.parametrize("background", ["threshold", "grabcut", "auto"])
def test_a_coloured_background_is_cut_out(background):
    rng = np.random.default_rng(0)
    image = picture()
    noise = rng.integers(-6, 7, image.shape)
    image[..., 0] = np.where(image[..., 0] == 255, 180, image[..., 0])
    image[..., 1] = np.where(image[..., 1] == 255, 120, image[..., 1])
    image[..., :3] = np.clip(image[..., :3] + noise[..., :3], 0, 255)
    assert_framed(picture_to_view(image, background))


def test_alpha_is_blended_on_white():
    image = picture(background=90)
    image[..., 3] = 0
    image[50:150, 300:360, 3] = 255
    assert_framed(picture_to_view(image, "auto"))
    image[50:150, 300:360, 3] = 128
    middle = picture_to_view(image, "white")[68, 68]
    assert middle == pytest.approx(40 * 128 / 255 + 255 * 127 / 255, abs=1)


def test_an_all_white_picture_is_an_error():
    with pytest.raises(UserError, match="nothing but background"):
        picture_to_view(np.full((50, 50, 4), 255, np.uint8), "auto")


def test_pictures_of_every_kind_are_read(tmp_path):
    rgb = np.zeros((20, 30, 3), np.uint8)
    rgb[:, :, 2] = 200
    for name, data in {
        "grey.png": rgb[..., 2],
        "colour.jpg": rgb,
        "deep.png": rgb.astype(np.uint16) * 256,
        "alpha.png": np.dstack([rgb, rgb[..., 2]]),
        "x.webp": rgb,
    }.items():
        cv2.imwrite(str(tmp_path / name), data)
        read = read_picture(tmp_path / name)
        assert read.shape == (20, 30, 4) and read.dtype == np.uint8, name
        assert abs(int(read[10, 10, 2]) - 200) < 8, name
        assert read[10, 10, 3] == (200 if name == "alpha.png" else 255), name
    found = find_pictures((str(tmp_path / "grey.png"), str(tmp_path)))
    names = ["grey.png", "alpha.png", "colour.jpg", "deep.png", "grey.png", "x.webp"]
    assert [path.name for path in found] == names


def test_bad_pictures_are_errors(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((1, 1), np.uint8))
    for name, what in ("text.png", "decoded"), ("empty.jpg", "decoded"), ("dot.png", "too small"):
        with pytest.raises(UserError, match=what):
            read_picture(tmp_path / name)
    with pytest.raises(UserError, match="no such"):
        find_pictures((str(tmp_path / "nowhere.png"),))
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="no picture in"):
        find_pictures((str(tmp_path / "folder"),))


def chair():
    """A figure that no turn or reflection maps to itself, RGB [90, 120, 3]."""
    pixels = np.full((90, 120, 3), 255, np.uint8)
    pixels[16:80, 24:40] = (96, 48, 160)
    pixels[64:80, 40:96] = (48, 112, 32)
    return Image.fromarray(pixels)


def bgra(image, alpha=255):
    return np.dstack([np.asarray(image)[..., ::-1], np.full(image.size[::-1], alpha, np.uint8)])


def grey(image):
    return np.asarray(image.convert("L"))


def assert_near(read, wanted, within):
    assert read.shape == wanted.shape and read.dtype == np.uint8
    assert np.abs(read.astype(int) - wanted).mean() <= within


# EXIF orientation → the turn that stores an upright picture so
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
    9: None,
}


ORIENTED = [(f, o) for f in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF") for o in STORED]
ORIENTED.remove(("AVIF", 9))  # Pillow does not write it


@pytest.mark.parametrize(("format", "orientation"), ORIENTED)
def test_orientation(tmp_path, format, orientation):
    if format == "HEIF":
        pytest.importorskip("pillow_heif")
    turn, exif = STORED[orientation], Image.Exif()
    exif[274] = orientation
    stored = chair() if turn is None else chair().transpose(turn)
    path = tmp_path / f"x.{format.lower()}"
    stored.save(path, format, exif=exif.tobytes())
    assert_near(read_picture(path), bgra(chair()), 5)


def test_pillows_bound_stays_for_the_rest_of_the_process(tmp_path):
    """A server that reads photos may read other pictures too."""
    usual = Image.MAX_IMAGE_PIXELS
    assert usual
    chair().save(tmp_path / "x.png")
    read_picture(tmp_path / "x.png")
    (tmp_path / "no picture.png").write_text("none")
    assert_refused(tmp_path / "no picture.png", "none of the kinds")
    assert usual == Image.MAX_IMAGE_PIXELS


def test_orientation_of_a_phones_picture(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    chair().resize((480, 360)).save(tmp_path / "upright.jpg", quality=95)
    turned = chair().resize((480, 360)).transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    views, skipped = read_views((str(tmp_path),), "auto")
    assert not skipped
    assert_near(views["turned"], views["upright"], 1)


def test_damaged_exif_data_do_not_spoil_a_picture(tmp_path):
    chair().save(tmp_path / "x.png", exif=b"Exif\0\0no such thing")
    np.testing.assert_array_equal(read_picture(tmp_path / "x.png"), bgra(chair()))


def png(width, height, data):
    """A PNG of grey bytes whose header and data need not agree."""

    def chunk(kind, content):
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def assert_refused(path, *says):
    with pytest.raises(UserError) as caught:
        read_picture(path)
    assert "\n" not in str(caught.value)
    for words in (str(path), *says):
        assert words in str(caught.value)


def test_sizes_that_are_refused(tmp_path):
    (tmp_path / "huge.png").write_bytes(png(40000, 40000, bytes(1000)))
    cv2.imwrite(str(tmp_path / "line.png"), np.zeros((1, 5000), np.uint8))
    cv2.imwrite(str(tmp_path / "strip.png"), np.zeros((5000, 20, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((15, 90), np.uint8))
    assert_refused(tmp_path / "huge.png", "40000 x 40000", "too large")
    assert_refused(tmp_path / "line.png", "5000 x 1 ", "strip")
    assert_refused(tmp_path / "strip.png", "20 x 5000", "strip")
    assert_refused(tmp_path / "small.png", "90 x 15", "too small")


def test_a_narrow_picture_is_cut_out(tmp_path):
    pixels = np.full((2000, 80, 3), 120, np.uint8)
    pixels[500:900, 20:60] = (20, 30, 200)
    for background in ("threshold", "grabcut", "auto"):
        view = picture_to_view(bgra(Image.fromarray(pixels)), background)
        assert view[68, 68] < 200 and view[68, 4] == 255


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "palette.png", "alpha.png"])
def test_a_very_large_picture_is_read_smaller_and_upright(tmp_path, name):
    exif = Image.Exif()
    exif[274] = 6
    mode = {"palette.png": "P", "alpha.png": "RGBA"}.get(name, "RGB")
    big = chair().resize((7200, 5400), Image.Resampling.NEAREST).convert(mode)
    big.transpose(STORED[6]).save(tmp_path / name, exif=exif)
    read = read_picture(tmp_path / name)
    assert 2000 <= max(read.shape) < 4000
    assert_near(cv2.resize(read, (120, 90), interpolation=cv2.INTER_AREA), bgra(chair()), 3)


def test_modes(tmp_path):
    alpha = Image.fromarray(np.where(grey(chair()) < 200, 255, 64).astype(np.uint8))
    clear = chair().convert("RGBA")
    clear.putalpha(alpha)
    wanted = np.dstack([bgra(chair())[..., :3], np.asarray(alpha)])
    clear.save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "alpha.png"), wanted)
    clear.convert("LA").save(tmp_path / "grey_alpha.png")
    wanted[..., :3] = grey(chair())[..., None]
    np.testing.assert_array_equal(read_picture(tmp_path / "grey_alpha.png"), wanted)

    chair().quantize(8).save(tmp_path / "palette.png", transparency=0)
    read = read_picture(tmp_path / "palette.png")
    palette = np.asarray(chair().quantize(8))
    np.testing.assert_array_equal(read[..., 3], np.where(palette == 0, 0, 255))
    np.testing.assert_array_equal(read[palette != 0], bgra(chair())[palette != 0])

    chair().convert("1", dither=Image.Dither.NONE).save(tmp_path / "bits.png")
    bits = np.where(grey(chair()) < 128, 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(read_picture(tmp_path / "bits.png")[..., 0], bits)

    chair().convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    assert_near(read_picture(tmp_path / "cmyk.jpg"), bgra(chair()), 2)


@pytest.mark.parametrize(
    "kind, scale, offset, says",
    [
        ("uint16", 257, 0, None),
        ("uint16", 16, 0, "4080 as white"),  # a camera's 12 bits
        ("uint16", 1, 0, "255 as white"),
        ("float32", 1 / 255, 0, "1 as white"),
        ("float32", 1, 0, "255 as white"),
        ("float64", 7, -900, "-900 is taken"),
        ("int32", 1, 0, "255 as white"),
        ("int32", 2**23, -(2**30), "as white"),
    ],
)
@pytest.mark.parametrize("colour", [False, True])
def test_more_than_eight_bits(tmp_path, capsys, kind, scale, offset, says, colour):
    pixels = np.asarray(chair())[..., ::-1] if colour else grey(chair())
    pixels = pixels.copy()
    pixels[:8, :8], pixels[:8, 8:16] = 0, 255  # the whole range
    path = tmp_path / f"{kind}{scale}{colour}.tif"
    cv2.imwrite(str(path), (pixels * float(scale) + offset).astype(kind))
    read = read_picture(path)[..., :3]
    assert_near(read, pixels if colour else np.repeat(pixels[..., None], 3, axis=2), 0.5)
    note = capsys.readouterr().err
    assert not note if says is None else says in note and str(path) in note


def test_sixteen_bits_in_other_formats(tmp_path):
    deep = grey(chair()).astype(np.uint16) * 257
    for name in ("x.png", "x.pgm", "x.jp2"):
        cv2.imwrite(str(tmp_path / name), deep)
        read = read_picture(tmp_path / name)
        assert_near(read[..., 1], grey(chair()), 1)
    cv2.imwrite(str(tmp_path / "alpha.png"), bgra(chair(), 128).astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_picture(tmp_path / "alpha.png"), bgra(chair(), 128))


def test_numbers_that_are_not_finite(tmp_path):
    pixels = np.ones((40, 40), np.float32)
    pixels[3, 3] = np.nan
    cv2.imwrite(str(tmp_path / "x.tif"), pixels)
    assert_refused(tmp_path / "x.tif", "not finite")


def test_the_first_of_several_pictures_is_read(tmp_path, capsys):
    other = Image.new("RGB", chair().size, "black")
    for name in ("x.gif", "x.webp", "x.png", "x.tif", "x.avif"):
        path = tmp_path / name
        lossless = {"lossless": True} if name == "x.webp" else {}
        chair().save(path, save_all=True, append_images=[other, chair()], **lossless)
        assert_near(read_picture(path), bgra(chair()), 3)
        note = capsys.readouterr().err
        assert str(path) in note and "several pictures" in note and note.count("\n") == 1


def test_what_is_no_picture_is_named_as_what_it_is(tmp_path):
    for content, says in {
        b"": "empty",
        bytes(500): "zeros",
        b"\n<!DOCTYPE html><html>": "web page",
        b"version https://git-lfs.github.com/spec/v1\noid": "git lfs pull",
        b"no picture": "of the kinds",
    }.items():
        (tmp_path / "x.jpg").write_bytes(content)
        assert_refused(tmp_path / "x.jpg", "not a picture", says)
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    assert_refused(tmp_path / "link.png", "leads nowhere")


def test_truncated_files_are_refused(tmp_path):
    names = ["x.jpg", "x.png", "x.webp", "x.tif", "x.gif", "x.avif", "x.bmp", "x.ppm", "x.tga"]
    for name in [*names, "deep.tif"]:
        path = tmp_path / name
        if name == "deep.tif":
            cv2.imwrite(str(path), bgra(chair()).astype(np.float32))
        else:
            chair().save(path)
        content = path.read_bytes()
        for share in (0.02, 0.3, 0.6, 0.9):
            path.write_bytes(content[: int(len(content) * share)])
            assert_refused(path)


def test_a_folder(tmp_path, capsys):
    folder = tmp_path / "shots"
    folder.mkdir()
    for name in (
        "A.PNG",
        "b.JPeG",
        "c.gif",
        "d.avif",
        "e.jp2",
        "f.tga",
        "g.ppm",
        "h.webp",
        "i.BMP",
    ):
        chair().save(folder / name)
    chair().save(folder / ".hidden.png")
    for name in ("photo.heic", "drawing.svg", "notes.txt"):
        (folder / name).write_text("something else")
    (folder / "k.png").symlink_to(folder / "A.PNG")
    (folder / "inner.png").mkdir()
    (tmp_path / "link").symlink_to(folder)
    views, skipped = read_views((str(folder), f"{folder}/", str(tmp_path / "link")), "auto")
    assert sorted(views) == sorted("Abcdefghik")
    assert [Path(line.split()[0]).name for line in skipped] == ["drawing.svg", "photo.heic"]
    note = capsys.readouterr().err
    assert "inner.png, notes.txt" in note


def test_a_heic_photo_is_read_or_the_package_is_named(tmp_path):
    path = tmp_path / "x.heic"
    try:
        import pillow_heif  # noqa: F401
    except ImportError:
        path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
        assert_refused(path, "pillow-heif")
    else:
        chair().save(path)
        assert_near(read_picture(path), bgra(chair()), 5)


def test_names_of_any_bytes(tmp_path):
    names = ["two\nlines.png", "\udcff\udcfe.png", "Stuhl ß 椅.png", "[a]*?.png", "a.b.png"]
    for name in names:
        chair().save(tmp_path / "x.png")
        os.replace(tmp_path / "x.png", tmp_path / name)
    (tmp_path / "bad\r\nname.png").write_text("no picture")
    (tmp_path / "white\n.png").write_bytes(png(20, 20, (b"\0" + b"\xff" * 20) * 20))
    views, skipped = read_views((str(tmp_path),), "auto")
    assert set(views) == {"two lines", "\udcff\udcfe", "Stuhl ß 椅", "[a]*?", "a.b"}
    assert len(skipped) == 2 and not any("\n" in line or "\r" in line for line in skipped)


def test_no_view_takes_the_place_of_another(tmp_path):
    paths = []
    for folder, name in enumerate(["a.png", "a_2.png", "a.bmp", "a_3.png", "a.gif"]):
        (tmp_path / str(folder)).mkdir()
        paths.append(str(tmp_path / str(folder) / name))
        chair().save(paths[-1])
    views, _ = read_views(tuple(paths), "auto")
    assert len(views) == 5 and {"a", "a_2", "a_3"} < set(views)


@pytest.mark.parametrize("white", [246, 248, 250, 254])
@pytest.mark.parametrize("background", ["auto", "white"])
def test_a_white_that_is_not_255(white, background):
    image = picture()
    image[image == 255] = white
    image[..., 3] = 255
    expected = picture_to_view(picture(), "white")
    np.testing.assert_array_equal(picture_to_view(image, background), expected)


def test_marks_far_from_the_object_do_not_decide_the_frame(tmp_path, capsys):
    image, legs = picture(), picture()
    image[-4:-2, 2:4, :3] = 60
    image[5, 480:484, :3] = 90
    with pytest.warns(UserWarning, match="2 small pieces"):
        view = picture_to_view(image, "auto")
    np.testing.assert_array_equal(view, picture_to_view(picture(), "auto"))
    legs[155:160, 300:304, :3] = 40  # near it: a part of it, cut off by a highlight
    assert not np.array_equal(picture_to_view(legs, "auto"), view)
    cv2.imwrite(str(tmp_path / "marked.png"), image)
    views, skipped = read_views((str(tmp_path),), "auto")
    np.testing.assert_array_equal(views["marked"], view)
    (line,) = capsys.readouterr().err.splitlines()
    assert not skipped and "marked.png" in line


def test_a_faint_shadow_in_alpha_is_left_out():
    image = picture(alpha=0)
    image[50:150, 300:360, 3] = 255
    plain = picture_to_view(image, "auto")
    image[140:200, 200:460, :3] = 0
    image[50:150, 300:360, :3] = 40
    shadow = image[140:200, 200:460, 3]
    shadow[shadow == 0] = 60
    with pytest.warns(UserWarning, match="shadow"):
        np.testing.assert_array_equal(picture_to_view(image, "auto"), plain)


@pytest.mark.parametrize("colour", [(120, 180, 60), (200, 200, 200), (40, 60, 160)])
@pytest.mark.parametrize("quality", [60, 90])
def test_a_background_of_one_colour_in_a_jpeg(colour, quality):
    """A seat on four legs: the gaps between them are background."""
    image = np.full((300, 300, 3), colour, np.uint8)
    image[120:150, 60:240] = image[40:120, 60:80] = (20, 30, 40)
    for left in (60, 110, 180, 228):
        image[150:260, left : left + 12] = (20, 30, 40)
    mask = (image == (20, 30, 40)).all(axis=2)
    _, stored = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.dstack(
        [cv2.imdecode(stored, cv2.IMREAD_COLOR), np.full((300, 300), 255, np.uint8)]
    )
    on_white = np.dstack([np.where(mask[..., None], image, 255).astype(np.uint8), decoded[..., 3]])
    found = picture_to_view(decoded, "auto") < 200
    expected = picture_to_view(on_white, "white") < 200
    assert (found & expected).sum() / (found | expected).sum() > 0.9
