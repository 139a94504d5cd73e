"""Folders of image files."""

from pathlib import Path
from typing import Literal

import numpy as np

from zen_cli.data.dataset import Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.formats.folders import files_in, folders_in
from zen_cli.data.formats.opening import is_folder, shown
from zen_cli.data.given import class_places, without_targets
from zen_cli.data.sources.base import Source, blaming
from zen_cli.errors import DataError, MachineError
from zen_cli.settings import File, PerAxis

PARTS = {"train", "test"}


class Images(Source):
    """Images in folders, one for each class; or in two folders, train and test, that hold those.

    The inputs are (N, height, width, channels) from 0 to 1. Files may be PNG, JPEG, BMP, GIF, TIFF, WebP and PPM;
    hidden ones do not count. Needs Pillow: pip install "zen-cli[images]".

    folder: The folder that holds the folders of the classes.
    size: Height and width that every image is scaled to, as [height, width], or one number for both; null where all
        have one size already.
    channels: Whether images are read with one channel, grey, or three, colour.
    """

    def __init__(
        self, folder: File, size: PerAxis | None = None, channels: Literal["grey", "colour"] = "colour"
    ) -> None:
        self.folder = folder
        self.size = (size, size) if isinstance(size, int) else size
        self.channels = channels

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        with blaming("folder"):
            return self._in_folders()

    def _in_folders(self) -> Examples:
        folders = {path.name: path for path in folders_in(self.folder)}
        if set(folders) != PARTS:
            return self._examples(self._named(Path(self.folder)), 0)
        train, test = self._named(folders["train"]), self._named(folders["test"])
        return self._examples(train + test, len(test))

    def read(self, path: str, prepared: Preparation) -> Examples:
        """An image file, or all in a folder: as they are, or in folders of classes."""
        if is_folder(path) and folders_in(path):
            return self._examples(self._named(Path(path)), 0)
        files = files_in(path) if is_folder(path) else [Path(path)]
        if not files:
            raise DataError(f"{shown(path)}: there are no images in it")
        return without_targets(self._pixels(files), prepared)

    def _named(self, folder: Path) -> list[tuple[Path, str]]:
        """The files of each class, with its name."""
        named = [(file, of_class.name) for of_class in folders_in(folder) for file in files_in(of_class)]
        if not named:
            message = f"{shown(folder)}: there are no images in folders in it"
            raise DataError(message, "put those of each class into a folder of its own")
        if stray := files_in(folder):
            raise DataError(f"{shown(stray[0])}: this file is in no folder of a class")
        return named

    def _examples(self, named: list[tuple[Path, str]], test: int) -> Examples:
        places, labels = class_places(np.array([name for _, name in named]), shown(self.folder))
        return Examples(self._pixels([path for path, _ in named]), places, labels, test=test)

    def _pixels(self, paths: list[Path]) -> np.ndarray:
        try:
            from zen_cli.data.formats.images import read_images
        except ImportError:
            message = 'Pillow, which reads images, is not installed: pip install "zen-cli[images]"'
            raise MachineError(message) from None
        return read_images(paths, self.size, self.channels)
