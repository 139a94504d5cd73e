"""Images: files as arrays, folders as classes, and every way in which a file may be no image."""

import io
import os
import re
import struct
import sys
import zlib

import numpy as np
import pytest
from array_files import CLASSES, refusal, written
from PIL import Image

from zen_cli.data.formats.images import FORMATS, read_image
from zen_cli.data.sources.images import Images
from zen_cli.errors import DataError, MachineError, UserError

GREY = np.arange(6, dtype=np.uint8).reshape(2, 3) * 50
COLOUR = np.stack([GREY, 255 - GREY, GREY // 2], axis=-1)


def image(array, form="PNG", **settings):
    """The bytes of an image file."""
    file = io.BytesIO()
    (array if isinstance(array, Image.Image) else Image.fromarray(array)).save(file, form, **settings)
    return file.getvalue()


def laid_out(folder, files):
    """Files in folders: their names and bytes, or the array of a PNG."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data if isinstance(data, bytes) else image(data))
    return str(folder)


def flat(value):
    return np.full((2, 3), value, np.uint8)


# --- one image ---


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"JPEG", "GIF"}))
def test_an_image_is_what_was_saved(tmp_path, form):
    settings = {"lossless": True} if form == "WEBP" else {}
    path = tmp_path / "a"
    path.write_bytes(image(COLOUR, form, **settings))
    assert np.array_equal(read_image(path, None, "colour"), COLOUR)


@pytest.mark.parametrize("form", ["JPEG", "GIF"])
def test_an_image_of_one_colour_is_so_in_any_format(tmp_path, form):
    path = tmp_path / "a"
    path.write_bytes(image(np.full((16, 8, 3), 128, np.uint8), form))
    pixels = read_image(path, None, "colour")
    assert pixels.shape == (16, 8, 3)
    assert np.abs(pixels.astype(int) - 128).max() <= 1


def upside_down():
    exif = Image.Exif()
    exif[0x0112] = 3
    return exif


SIXTEEN_BITS = Image.fromarray(GREY.astype(np.uint16) * 257)
MODES = [
    ("grey", Image.fromarray(GREY), GREY[..., None]),
    ("colour", Image.fromarray(GREY), np.repeat(GREY[..., None], 3, axis=-1)),
    ("grey", Image.fromarray(COLOUR), np.asarray(Image.fromarray(COLOUR).convert("L"))[..., None]),
    ("colour", Image.fromarray(COLOUR).convert("RGBA"), COLOUR),
    ("colour", Image.fromarray(COLOUR).quantize(6), COLOUR),
    ("grey", Image.fromarray(GREY > 100), 255 * (GREY > 100)[..., None]),
    ("grey", SIXTEEN_BITS, GREY[..., None]),
]


@pytest.mark.parametrize(("channels", "picture", "pixels"), MODES)
def test_every_kind_of_pixel_becomes_grey_or_colour(tmp_path, channels, picture, pixels):
    path = tmp_path / "a"
    path.write_bytes(image(picture))
    assert np.array_equal(read_image(path, None, channels), pixels)


def test_an_image_is_as_one_looks_at_it(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(image(COLOUR, exif=upside_down()))
    assert np.array_equal(read_image(path, None, "colour"), COLOUR[::-1, ::-1])


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_an_image_is_scaled_to_height_and_width(tmp_path, form):
    left = np.repeat([[40, 200]], 100, axis=1).repeat(120, axis=0).astype(np.uint8)  # 120 high, 200 wide
    path = tmp_path / "a"
    path.write_bytes(image(left, form))
    pixels = read_image(path, (12, 10), "grey")
    assert pixels.shape == (12, 10, 1)
    assert np.abs(pixels[:, :4].astype(int) - 40).max() <= 2
    assert np.abs(pixels[:, 6:].astype(int) - 200).max() <= 2


def png(*chunks):
    """A PNG of these chunks, each with its sum."""
    parts = [struct.pack(">I", len(data)) + kind + data for kind, data in chunks]
    sums = [struct.pack(">I", zlib.crc32(part[4:])) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(part + check for part, check in zip(parts, sums, strict=True))


def png_of(width, height, data=b""):
    """A grey PNG that declares this size."""
    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    return png((b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b""))


NOISE = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
TEXT_BOMB = png(
    (b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0)),
    (b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 10**8)),
    (b"IDAT", zlib.compress(b"\0\0")),
    (b"IEND", b""),
)
BROKEN = [
    (b"", "no image of BMP, GIF, JPEG"),
    (b"some words", "no image of BMP, GIF, JPEG"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no image of BMP, GIF, JPEG"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no image of BMP, GIF, JPEG"),
    (image(NOISE)[:-500], "cannot be read: .*truncated|cannot be read: broken"),
    (image(NOISE, "JPEG")[:-500], "cannot be read: .*truncated"),
    (image(NOISE, "TIFF")[:2000], "cannot be read|no image"),
    (image(NOISE)[:300] + b"\0" * 300 + image(NOISE)[600:], "cannot be read"),
    (png_of(60_000, 60_000), r"cannot be read: Image size \(3600000000 pixels\) exceeds limit"),
    (png_of(10_000, 10_000), r"cannot be read: Image size \(100000000 pixels\) exceeds limit"),
    (png_of(100, 100, b"\0" * 50), "cannot be read"),
    (png_of(0, 5), "no image|cannot be read"),
    (TEXT_BOMB, "cannot be read: Decompressed data too large"),
    (image(Image.new("F", (3, 2)), "TIFF"), "its pixels have 32 bits"),
    (image(Image.new("I", (3, 2)), "TIFF"), "its pixels have 32 bits"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_image_is_refused(tmp_path, data, message):
    path = written(tmp_path, data, "a.png")
    assert re.search(message, refusal(lambda file: Images(str(tmp_path)).read(file, CLASSES), path))


def test_an_image_larger_than_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = written(tmp_path, image(NOISE), "a.png")
    monkeypatch.setattr("zen_cli.memory.available", lambda: 8 * 40 * 40 - 1)
    with pytest.raises(UserError, match=r"the image .* needs 12.8 KB of memory"):
        Images(str(tmp_path)).read(path, CLASSES)


# --- folders ---


def test_each_folder_is_a_class(tmp_path):
    files = {"dog/1.png": flat(51), "dog/.hidden": b"x", "cat/2.png": flat(0), "cat/10.png": flat(255), ".x/a": b"x"}
    examples = Images(laid_out(tmp_path, files), channels="grey").load(0)
    assert (examples.inputs.shape, examples.inputs.dtype) == ((3, 2, 3, 1), np.float32)
    assert examples.inputs[:, 0, 0, 0].tolist() == pytest.approx([1, 0, 0.2])  # 10.png, 2.png, 1.png
    assert (examples.targets.tolist(), examples.labels, examples.test) == ([0, 0, 1], ("cat", "dog"), 0)
    assert np.array_equal(Images(str(tmp_path)).load(0).inputs[..., 1:2], examples.inputs)


def test_folders_train_and_test_are_a_split_that_was_given(tmp_path):
    files = {"train/b/1.png": flat(10), "train/a/1.png": flat(20), "test/b/1.png": flat(30), "test/c/1.png": flat(40)}
    examples = Images(laid_out(tmp_path, files), channels="grey").load(0)
    assert (examples.inputs[:, 0, 0, 0] * 255).round().tolist() == [20, 10, 30, 40]
    assert (examples.targets.tolist(), examples.labels, examples.test) == ([0, 1, 1, 2], ("a", "b", "c"), 2)


def test_a_class_may_be_called_train(tmp_path):
    examples = Images(laid_out(tmp_path, {"train/1.png": flat(1), "bus/1.png": flat(2)})).load(0)
    assert (examples.labels, examples.test) == (("bus", "train"), 0)


def test_images_of_other_sizes_need_a_size(tmp_path):
    files = {"a/1.png": flat(1), "a/2.png": np.zeros((5, 4), np.uint8)}
    folder = laid_out(tmp_path, files)
    with pytest.raises(DataError, match=r"2.png: this image is 5 high and 4 wide, but .*1.png is 2 and 3") as caught:
        Images(folder).load(0)
    assert (caught.value.setting, caught.value.instead) == ("size", {"size": [2, 3]})
    assert Images(folder, size=(2, 3)).load(0).inputs.shape == (2, 2, 3, 3)
    assert Images(folder, size=7, channels="grey").load(0).inputs.shape == (2, 7, 7, 1)


UNFIT = [
    ({}, "no images in folders in it"),
    ({"1.png": GREY}, "no images in folders in it"),
    ({"train/a/1.png": GREY, "test/a/1.png": GREY, "val/a/1.png": GREY}, "no images in folders in it"),
    ({"a/1.png": GREY, "2.png": GREY}, "2.png: this file is in no folder of a class"),
    ({"a/1.png": GREY, "a/notes.txt": b"words"}, "notes.txt: this is no image"),
    ({"a\nb/1.png": GREY}, "'a\\nb' is no name of a class"),
    ({"train/a/1.png": GREY, "test/1.png": GREY}, "test: there are no images in folders"),
]


@pytest.mark.parametrize(("files", "message"), UNFIT)
def test_a_folder_that_is_laid_out_otherwise_is_refused(tmp_path, files, message):
    folder = laid_out(tmp_path, files)
    assert message in refusal(lambda path: Images(path).load(0), folder)


@pytest.mark.parametrize(
    ("name", "reason"), [("nix", "there is no such folder"), ("file", "cannot be read: Not a directory")]
)
def test_what_is_no_folder_is_named(tmp_path, name, reason):
    written(tmp_path, b"words", "file")
    assert f"{name}: {reason}" in refusal(lambda path: Images(path).load(0), str(tmp_path / name))


def test_nothing_outside_of_the_folder_is_read(tmp_path):
    outside = written(tmp_path, image(GREY), "outside.png")
    folder = laid_out(tmp_path / "data", {"a/1.png": GREY})
    (tmp_path / "data/a/2.png").symlink_to("1.png")
    assert len(Images(folder).load(0).inputs) == 2
    (tmp_path / "data/a/3.png").symlink_to(outside)
    assert "3.png: this link leads out" in refusal(lambda path: Images(path).load(0), folder)
    (tmp_path / "data/a/3.png").unlink()
    os.mkfifo(tmp_path / "data/a/4.png")
    assert "4.png: this is a pipe" in refusal(lambda path: Images(path).load(0), folder)


def test_new_images_are_a_file_a_folder_or_folders_of_classes(tmp_path):
    folder = laid_out(tmp_path, {"some/2.png": flat(51), "some/1.png": flat(0), "more/b/1.png": flat(255)})
    source = Images(folder, channels="grey")
    one, some, more = (source.read(f"{folder}/{path}", CLASSES) for path in ("some/2.png", "some", "more"))
    assert (one.inputs.shape, one.targets.tolist(), one.labels) == ((1, 2, 3, 1), [-1], ())
    assert some.inputs[:, 0, 0, 0].tolist() == pytest.approx([0, 0.2])
    assert (some.targets.tolist(), more.targets.tolist(), more.labels) == ([-1, -1], [0], ("b",))
    (tmp_path / "empty").mkdir()
    assert "there are no images in it" in refusal(lambda path: source.read(path, CLASSES), f"{folder}/empty")
    assert "there is no such file" in refusal(lambda path: source.read(path, CLASSES), f"{folder}/nix.png")


def test_more_images_than_memory_are_refused_before_they_are_read(tmp_path, monkeypatch):
    folder = laid_out(tmp_path, {f"a/{i}.png": GREY for i in range(10)})
    monkeypatch.setattr("zen_cli.memory.available", lambda: 4 * 10 * GREY.size - 1)
    with pytest.raises(UserError, match="10 images of 2x3x1 needs 240 bytes"):
        Images(folder, channels="grey").load(0)


def test_without_pillow_one_is_told_how_to_install_it(tmp_path, monkeypatch):
    folder = laid_out(tmp_path, {"a/1.png": GREY})
    monkeypatch.delitem(sys.modules, "zen_cli.data.formats.images")
    monkeypatch.delattr("zen_cli.data.formats.images", raising=False)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MachineError, match=r'pip install "zen-cli\[images\]"'):
        Images(folder).load(0)
