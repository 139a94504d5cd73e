"""The files of NumPy."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from zen_cli.data.dataset import Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.formats.arrays import names_in, read_named, read_npy
from zen_cli.data.formats.opening import shown
from zen_cli.data.given import Given, demand_numbers, examples_of, without_targets
from zen_cli.data.sources.base import Source, blaming
from zen_cli.errors import DataError, printable, quoted
from zen_cli.settings import File


class Layout(NamedTuple):
    """The names of the arrays in a file."""

    inputs: str
    targets: str
    test_inputs: str
    test_targets: str


LAYOUTS = (
    Layout("x_train", "y_train", "x_test", "y_test"),  # Keras
    Layout("X_train", "y_train", "X_test", "y_test"),  # scikit-learn
    Layout("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
    Layout("inputs", "targets", "test_inputs", "test_targets"),
    Layout("x", "y", "x_test", "y_test"),
    Layout("X", "y", "X_test", "y_test"),
    Layout("data", "target", "test_data", "test_target"),
)


class NPZ(Source):
    """Inputs and targets from arrays of NumPy: a .npz file, or a folder of .npy files.

    Arrays that are not compressed stay on disk and may be larger than memory; Python objects are refused. A name that
    is null is the usual one: x_train, y_train, x_test and y_test as in Keras, x and y, inputs and targets, and a few
    more.

    file: The .npz file, or a folder where x.npy is the array x.
    inputs: The name of the inputs (N, ...).
    targets: The name of the targets: (N,), or (N, n) for n numbers each.
    test_inputs: The name of the inputs of a test part that came with the data.
    test_targets: The name of its targets.
    classes: Whether the targets are classes; null where whole numbers, text and true or false are classes, and numbers
        with fractions are not.
    """

    def __init__(
        self,
        file: File,
        inputs: str | None = None,
        targets: str | None = None,
        test_inputs: str | None = None,
        test_targets: str | None = None,
        classes: bool | None = None,
    ) -> None:
        self.file = file
        self.told = (inputs, targets, test_inputs, test_targets)
        self.classes = classes

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        with blaming("file"):
            return self._examples()

    def _examples(self) -> Examples:
        if _is_npy(self.file):
            message = f"{shown(self.file)}: a .npy file holds one array, not inputs and targets"
            raise DataError(message, "give its folder, with another .npy for the targets")
        names = names_in(self.file)
        layout = self._layout(names)
        for setting, name in zip(layout._fields, layout, strict=True):
            _demand(name, names, self.file, setting)
        train = self._given(layout.inputs), self._given(layout.targets)
        test = () if not layout.test_inputs else (self._given(layout.test_inputs), self._given(layout.test_targets))
        return examples_of(train, test, self.classes)

    def read(self, path: str, prepared: Preparation) -> Examples:
        """The array of a .npy file; or of a .npz the test part, or else the inputs, with targets if they are there."""
        if _is_npy(path):
            inputs, targets = Given(read_npy(path), shown(path)), None
        else:
            inputs, targets = self._newest(path)
        if targets:
            return examples_of((inputs, targets), classes=bool(prepared.task.labels))
        demand_numbers(inputs)
        return without_targets(inputs.values, prepared)

    def _layout(self, names: Sequence[str]) -> Layout:
        """The names told, and else those of the layout that is there most; "" for a test part that is not there."""
        layouts = map(self._over, LAYOUTS)
        layout = max(layouts, key=lambda one: (one.inputs in names) + (one.targets in names))  # the first of equals
        has_test = layout.test_inputs in names and layout.test_targets in names
        return layout if has_test or any(self.told[2:]) else layout._replace(test_inputs="", test_targets="")

    def _over(self, usual: Layout) -> Layout:
        return Layout(*(name or default for name, default in zip(self.told, usual, strict=True)))

    def _newest(self, path: str) -> tuple[Given, Given | None]:
        """Inputs, and their targets where they are there, too."""
        names, layouts = names_in(path), [self._over(usual) for usual in LAYOUTS]
        pairs = [one[2:] for one in layouts] + [one[:2] for one in layouts]  # a test part comes first
        alone = (names[0] if len(names) == 1 else layouts[0].inputs, "")
        inputs, targets = next((pair for pair in pairs if pair[0] in names), alone)
        _demand(inputs, names, path, "inputs")
        return _given(path, inputs), _given(path, targets) if targets in names else None

    def _given(self, name: str) -> Given:
        return _given(self.file, name)


def _given(path: str, name: str) -> Given:
    return Given(read_named(path, name), f"{shown(path)}: array {quoted(name)}")


def _demand(name: str, names: Sequence[str], path: str, setting: str) -> None:
    """DataError where a name is none of those; "" is nothing asked for."""
    if name and name not in names:
        message = f"{shown(path)}: there is no array {quoted(name)} in it, but {printable(', '.join(names), 150)}"
        near = get_close_matches(name, names, 1)
        instead = {setting: near[0]} if near else {}
        raise DataError(message, f"say which are the {setting}", setting=setting, instead=instead)


def _is_npy(path: str) -> bool:
    return Path(path).suffix == ".npy"
