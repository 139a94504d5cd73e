"""Image files as arrays. Needs Pillow, which only this module imports."""

import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from zen_cli.data.formats.opening import opened, shown
from zen_cli.errors import DataError
from zen_cli.memory import demand

Channels = Literal["grey", "colour"]
MODES: dict[Channels, str] = {"grey": "L", "colour": "RGB"}
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # none that starts another program, as EPS does
SIXTEEN_BITS = 257  # 65535 / 255
BROKEN = (  # what Pillow's readers raise for files that are
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def read_images(paths: Sequence[Path], size: tuple[int, int] | None, channels: Channels) -> np.ndarray:
    """Images as numbers from 0 to 1: (N, height, width, 1 or 3), float32, of one `size`, or of that which all have."""
    first = read_image(paths[0], size, channels)
    demand(4 * len(paths) * first.size, f"{len(paths):,} images of {'x'.join(map(str, first.shape))}")
    images = np.empty((len(paths), *first.shape), np.float32)
    for image, path in zip(images, paths, strict=True):
        pixels = read_image(path, size, channels)
        if pixels.shape != first.shape:
            raise _of_other_size(path, pixels, paths[0], first)
        np.divide(pixels, 255, out=image, dtype=np.float32)
    return images


def read_image(path: Path, size: tuple[int, int] | None, channels: Channels) -> np.ndarray:
    """An image, upright and resized to (height, width): (height, width, 1 or 3), uint8. Of a film it is the first."""
    with opened(path) as file, _refusals(path), Image.open(file, formats=FORMATS) as image:
        demand(8 * image.width * image.height, f"the image {shown(path)}")
        if size:
            image.draft(None, (2 * max(size), 2 * max(size)))  # a larger JPEG is decoded at 1/2, 1/4 or 1/8 of its size
        upright = ImageOps.exif_transpose(_of_eight_bits(image, path)).convert(MODES[channels])
        if size and upright.size != (size[1], size[0]):
            upright = upright.resize((size[1], size[0]), Image.Resampling.BILINEAR)
        return np.atleast_3d(np.asarray(upright))


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """What Pillow says of a file, as DataErrors."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of metadata that nobody reads
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError(f"{shown(path)}: this is no image of {', '.join(FORMATS)}") from None
    except BROKEN as error:
        raise DataError(f"{shown(path)}: this image cannot be read: {error}") from None


def _of_eight_bits(image: Image.Image, path: Path) -> Image.Image:
    """Pillow itself would cut off what is over 255."""
    if image.mode in ("I", "F"):
        raise DataError(f"{shown(path)}: its pixels have 32 bits, and nothing tells which number is white")
    if not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image) // SIXTEEN_BITS).astype(np.uint8))


def _of_other_size(path: Path, pixels: np.ndarray, first_path: Path, first: np.ndarray) -> DataError:
    (height, width, _), (h, w, _) = pixels.shape, first.shape
    message = f"{shown(path)}: this image is {height} high and {width} wide, but {shown(first_path)} is {h} and {w}"
    return DataError(message, f"say `size: [{h}, {w}]`", setting="size", instead={"size": [h, w]})
