"""The files of MNIST and its kin."""

from zen_cli.data.dataset import Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.formats.idx import read_idx
from zen_cli.data.formats.opening import shown
from zen_cli.data.given import Given, demand_numbers, examples_of, without_targets
from zen_cli.data.sources.base import Source, blaming
from zen_cli.errors import DataError
from zen_cli.settings import File


class IDX(Source):
    """Images and their classes from IDX files, the format of MNIST, Fashion-MNIST, KMNIST and EMNIST.

    Numbers are as the file has them, so pixels are 0 to 255. Images (N, height, width) get an axis for their one
    channel. The files may be gzipped. Labels with fractions are numbers to predict, not classes.

    images: The file of the images, such as train-images-idx3-ubyte.gz.
    labels: The file of their labels.
    test_images: The images of a test part that came with the data; null where there is none.
    test_labels: Their labels.
    """

    def __init__(
        self, images: File, labels: File, test_images: File | None = None, test_labels: File | None = None
    ) -> None:
        self.images = images
        self.labels = labels
        self.test_images = test_images
        self.test_labels = test_labels

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        with blaming("images"):
            images = _images(self.images)
        with blaming("labels"):
            labels = _labels(self.labels)
        train = images, labels
        classes = train[1].values.dtype.kind in "iu" and train[1].values.ndim == 1
        return examples_of(train, self._test(), classes)

    def _test(self) -> tuple[Given, ...]:
        if self.test_images and self.test_labels:
            with blaming("test_images"):
                images = _images(self.test_images)
            with blaming("test_labels"):
                return images, _labels(self.test_labels)
        if self.test_images or self.test_labels:
            there, missing = ("images", "labels") if self.test_images else ("labels", "images")
            message = f"there are test_{there}, but no test_{missing}"
            raise DataError(message, "give both or neither", setting=f"test_{there}", instead={f"test_{there}": None})
        return ()

    def read(self, path: str, prepared: Preparation) -> Examples:
        """The images of an IDX file."""
        images = _images(path)
        demand_numbers(images)
        return without_targets(images.values, prepared)


def _images(path: str) -> Given:
    array = read_idx(path)
    channel = (1,) if array.ndim in (1, 3) else ()
    return Given(array.reshape(*array.shape, *channel), shown(path))


def _labels(path: str) -> Given:
    return Given(read_idx(path), shown(path))
