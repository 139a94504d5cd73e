"""Files of arrays, images and sequences, and those that belong to them and lie beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zen_cli.config.proposal.looking.facts import ExampleFacts
from zen_cli.config.text.words import listed, nearest
from zen_cli.data.examples import Examples
from zen_cli.data.formats.arrays import names_in, read_named
from zen_cli.data.formats.folders import files_in, folders_in
from zen_cli.data.formats.opening import shown
from zen_cli.data.sources import IDX, NPZ, UCR, Source
from zen_cli.data.sources.images import PARTS
from zen_cli.data.sources.npz import LAYOUTS
from zen_cli.errors import DataError, MachineError, quoted
from zen_cli.padded import Padded

Array = np.ndarray
FOUND_OUT = ("classes", "missing")  # what an error may say instead of
LOOKED_AT = 32  # images, or examples of an array
LARGEST_KEPT = 64  # pixels along a side; larger images are scaled
SCALED_TO = 32
LEAST_SIDE = 8  # pixels, below which an array is no image
OTHER_PARTS = {"dev", "val", "valid", "validation"}


def idx_facts(path: str) -> ExampleFacts:
    """Of images, labels or a test part, whichever is named."""
    images = _beside(path, labels="images", idx1="idx3") or path
    images = _beside(images, t10k="train") or _beside(images, test="train") or images
    test = _beside(images, train="t10k") or _beside(images, train="test")
    labels = _beside(images, images="labels", idx3="idx1")
    if labels is None:
        expected = Path(images).name.replace("images", "labels").replace("idx3", "idx1")
        other = expected if expected != Path(images).name else "a file with `labels` for `images` in its name"
        raise DataError(f"{shown(images)}: the file of its labels does not lie beside it", f"put {other} there")
    settings = {"images": images, "labels": labels}
    if test and (test_labels := _beside(test, images="labels", idx3="idx1")):
        settings |= {"test_images": test, "test_labels": test_labels}
    return _facts(path, IDX, settings)


def ucr_facts(path: str) -> ExampleFacts:
    """Of the file that trains or of the other one, whichever is named."""
    train = _other_part(path, "test", "train") or path
    test = _other_part(train, "train", "test")
    return _facts(path, UCR, {"train": train, **({"test": test} if test else {})})


def npz_facts(path: str, target: str | None) -> ExampleFacts:
    names = names_in(path)
    if target is not None and target not in names:
        near = nearest(target, names)
        hint = f"did you mean {quoted(near)}?" if near else f"it has {listed(map(quoted, names[:10]))}"
        raise DataError(f"{shown(path)}: there is no array {quoted(target)}", hint)
    usual = target is None and any({layout.inputs, layout.targets} <= set(names) for layout in LAYOUTS)
    return _facts(path, NPZ, {"file": path, **({} if usual else _guessed(path, names, target))})


def _guessed(path: str, names: Sequence[str], target: str | None) -> dict[str, str]:
    """The array with the most numbers as inputs, and as targets the one with a number for each of its rows."""
    arrays = {name: read_named(path, name) for name in names}
    inputs = max((name for name in names if name != target), key=lambda name: arrays[name].size, default="")
    alike = [name for name in names if name != inputs and len(arrays[name]) == len(arrays.get(inputs, ()))]
    targets = [target] if target else [name for name in alike if arrays[name].ndim == 1] or alike
    if len(targets) != 1 or not inputs:
        what = f"it has {listed(map(quoted, names[:10]))}"
        raise DataError(f"{shown(path)}: nothing tells which array holds the targets: {what}", "name it with --target")
    return {"inputs": inputs, "targets": targets[0]}


# --- files beside others ---


def _beside(path: str, **changes: str) -> str | None:
    """The file whose name has other words, packed or not, if there is one."""
    name = Path(path).name
    for old, new in changes.items():
        name = name.replace(old, new)
    plain = name.removesuffix(".gz")
    there = (Path(path).with_name(each) for each in (name, plain, f"{plain}.gz") if name != Path(path).name)
    return next((str(file) for file in there if file.is_file()), None)


def _other_part(path: str, part: str, other: str) -> str | None:
    """The file with `_TEST` for `_TRAIN` at the end of its stem, or the other way round, in letters of any size."""
    stem, suffix = Path(path).stem, Path(path).suffix
    if not stem.lower().endswith(f"_{part}"):
        return None
    names = (f"{stem[: -len(part)]}{form}{suffix}" for form in (other.upper(), other, other.capitalize()))
    there = (Path(path).with_name(name) for name in names)
    return next((str(file) for file in there if file.is_file()), None)


# --- what is in them ---


def _facts(path: str, source: type[Source], settings: dict[str, Any]) -> ExampleFacts:
    examples = _loaded(source, settings)
    shape = tuple(examples.inputs.shape[1:])
    some = examples.inputs[:LOOKED_AT]
    numbers = some.steps(some.values) if isinstance(some, Padded) else np.asarray(some)
    return ExampleFacts(
        path=path,
        source={source.__name__: settings},
        shape=shape,
        count=len(examples.inputs),
        test=examples.test,
        classes=_counts(examples),
        images=_is_image(shape, numbers),
        pixels=numbers.dtype == np.uint8,
    )


def _loaded(source: type[Source], settings: dict[str, Any]) -> Examples:
    """The examples; what they cannot be read without comes to the settings."""
    while True:
        try:
            loaded = source(**settings).load(0)
        except DataError as error:
            if error.setting not in FOUND_OUT or error.setting in settings or not error.instead:
                raise
            settings |= error.instead
        else:
            assert isinstance(loaded, Examples)
            return loaded


def _counts(examples: Examples) -> dict[str, int]:
    """How many examples each class has, the most frequent first."""
    if not examples.labels or not isinstance(examples.targets, np.ndarray) or examples.targets.ndim != 1:
        return {}
    counts = np.bincount(examples.targets, minlength=len(examples.labels))
    return {examples.labels[i]: int(counts[i]) for i in np.argsort(-counts, kind="stable")}


def _is_image(shape: tuple[int, ...], numbers: Array) -> bool:
    """Whether examples are (H, W, C), or (H, W) of bytes."""
    square = len(shape) in (2, 3) and min(shape[:2]) >= LEAST_SIDE
    return square and (shape[2] in (1, 3, 4) if len(shape) == 3 else numbers.dtype == np.uint8)


# --- folders of images ---


def images_facts(path: str) -> ExampleFacts:
    parts = {folder.name: folder for folder in folders_in(path)}
    _demand_known_parts(path, set(parts))
    split = set(parts) == PARTS
    classes = [folder for part in (parts.values() if split else ()) for folder in folders_in(part)]
    counts: dict[str, int] = {}
    for folder in classes or parts.values():
        counts[folder.name] = counts.get(folder.name, 0) + len(files_in(folder))
    size, channels = _form([file for folder in classes or parts.values() for file in files_in(folder)])
    return ExampleFacts(
        path=path,
        source={"Images": {"folder": path, "size": list(size), "channels": channels}},
        shape=(*size, 1 if channels == "grey" else 3),
        count=sum(counts.values()),
        test=sum(len(files_in(folder)) for folder in folders_in(parts["test"])) if split else 0,
        classes=dict(sorted(counts.items(), key=lambda item: -item[1])),
        images=True,
        pixels=False,
    )


def _demand_known_parts(path: str, names: set[str]) -> None:
    """DataError for a folder of parts that would be taken for classes."""
    if len(names) == 1:
        raise DataError(f"{shown(path)}: there is but one class, {quoted(next(iter(names)))}: nothing to tell apart")
    strange = sorted(names & OTHER_PARTS)
    if "train" in names and strange:
        move = "its images to train" if "test" in names else "name it test"
        hint = f"move {move}" if "test" in names else move
        raise DataError(f"{shown(path)}: besides train zen knows a folder test, and none {quoted(strange[0])}", hint)


def _form(files: Sequence[Path]) -> tuple[tuple[int, int], str]:
    """The size that some of the images have, or are to be scaled to, and whether they are grey."""
    try:
        from zen_cli.data.formats.images import read_image
    except ImportError:
        message = 'Pillow, which reads images, is not installed: pip install "zen-cli[images]"'
        raise MachineError(message) from None
    some = [read_image(file, None, "colour") for file in files[:: max(1, len(files) // LOOKED_AT)]]
    sizes = {image.shape[:2] for image in some}
    grey = all((image == image[..., :1]).all() for image in some)
    size = next(iter(sizes)) if len(sizes) == 1 and max(max(sizes)) <= LARGEST_KEPT else (SCALED_TO, SCALED_TO)
    return (int(size[0]), int(size[1])), "grey" if grey else "colour"
