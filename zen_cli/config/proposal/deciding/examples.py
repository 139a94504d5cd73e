"""How to learn from examples in arrays: images, sequences and rows of numbers."""

from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key, Prepared
from zen_cli.config.proposal.deciding.dense import dense
from zen_cli.config.proposal.deciding.effort import (
    compared_and_scored,
    listed_classes,
    optimizer,
    shares,
    told_of_parts,
    training,
)
from zen_cli.config.proposal.looking.facts import ExampleFacts
from zen_cli.config.text.words import count
from zen_cli.data.formats.opening import shown

PIXEL_SECONDS = 0.3e-6  # in two convolutions of 16 and 32 filters
STEP_SECONDS = 1e-6  # of a sequence, in two of 16 and 32 filters
SMALLEST = 8  # pixels along a side that are pooled to half of them
FILES = {  # of a source, what is said of them
    "images": "the path of the images from here",
    "labels": "and of their labels",
    "test_images": "the test part that came with them",
    "test_labels": "and its labels",
    "train": "the path from here of the file that trains",
    "test": "the test part that came with it",
    "file": "its path from here",
    "folder": "its path from here, with a folder for each class",
}
SETTINGS = {  # and of other settings
    "size": "height and width that images are scaled to (default null: as they are)",
    "channels": "or `colour`, `grey`: three numbers for each pixel, or one (default colour)",
    "inputs": "the array of the inputs",
    "targets": "the array of what is to be told",
    "classes": "whether the targets are classes, and not numbers (default null: found out)",
    "missing": "values that are missing lie on a line between their neighbours (default error)",
}


def data_of(facts: ExampleFacts) -> Choice:
    """The `data` section."""
    ((name, found),) = facts.source.items()
    train, test = (0.8, 0) if facts.test else shares(facts.count)
    settings: dict[str, Any] = {"source": {name: found}}
    remarks: dict[Key, str] = {(name, setting): {**FILES, **SETTINGS}[setting] for setting in found}
    remarks |= told_of_parts("examples", test, facts.test)
    if facts.pixels:
        settings["scaling"] = ["MinMax"]
        remarks["data", "scaling"] = "bytes as numbers from 0 to 1; or `[Standard]` (default [])"
    elif name != "Images":  # which are read as numbers from 0 to 1
        settings["scaling"] = ["Standard"]
        remarks["data", "scaling"] = "numbers of mean 0 and variance 1; or `[Robust]`, `[MinMax]` (default [])"
    method = "stratified" if facts.classes else "random"
    settings["split"] = {"train": train, **({"test": test} if test else {}), "method": method}
    each = "each class has the same share of every part; or `random`, `order`" if facts.classes else "or `order`"
    remarks["split", "method"] = f"{each} (default order)"
    return Choice({"data": settings}, remarks)


def model_of(facts: ExampleFacts, prepared: Prepared) -> Choice:
    """All but the `data` section."""
    if facts.images:
        return _of_images(facts, prepared)
    return _of_sequences(facts, prepared) if len(facts.shape) == 2 else dense(prepared, facts.classes)


def purpose(facts: ExampleFacts) -> str:
    told = "Tell the classes of" if facts.classes else "Predict the numbers of"
    if facts.images:
        return f"{told} images: a small convolutional network looks for patterns in the pixels."
    if len(facts.shape) == 2:
        return f"{told} sequences: a convolutional network looks for patterns in the steps."
    return f"{told} examples: a dense network reads the numbers of each."


def found(facts: ExampleFacts) -> tuple[str, ...]:
    shape = " x ".join(map(str, facts.shape)) or "1 number"
    what = "images" if facts.images else "examples"
    test = f", {facts.test:,} of them a test part that came with them" if facts.test else ""
    targets = listed_classes(facts.classes) if facts.classes else "targets are numbers"
    ((_, source),) = facts.source.items()
    files = [value for name, value in source.items() if name in FILES and value != facts.path]
    beside = [f"with it belong {', '.join(map(shown, files))}"] if files else []
    return (f"{count(facts.count, what[:-1])} of {shape}{test}; {targets}", *beside)


# --- the model ---


def _of_images(facts: ExampleFacts, prepared: Prepared) -> Choice:
    height, width, *channels = prepared.inputs
    model: list[Any] = [] if channels else [{"Reshape": [height, width, 1]}]
    remarks: dict[Key, str] = {} if channels else {("model", 0): "height, width, channels: as grey images"}
    for i, filters in enumerate((16, 32)):
        start, half = len(model), min(height, width) >> i >= SMALLEST
        model += [{"Conv2D": {"filters": filters, "kernel_size": 3, "padding": "same"}}, "BatchNorm", "ReLU"]
        model += [{"MaxPool": 2}] if half else []
        if i == 0:
            remarks["model", start + 1] = "each channel at mean 0 and variance 1: quicker to learn"
            remarks["model", start + 2] = "or `GELU`, `SiLU`, `Tanh`"
            remarks["model", start + 3] = "the largest of each 2 x 2 pixels; or `AveragePool`"
    return _ended(facts, prepared, [*model, "Flatten", {"Dropout": 0.3}], remarks, PIXEL_SECONDS * height * width, 20)


def _of_sequences(facts: ExampleFacts, prepared: Prepared) -> Choice:
    steps = prepared.inputs[0]
    first = {"Conv1D": {"filters": 16, "kernel_size": 7, "padding": "same"}}
    second = {"Conv1D": {"filters": 32, "kernel_size": 5, "padding": "same"}}
    model = [first, "LayerNorm", "ReLU", second, "LayerNorm", "ReLU", "GlobalPool"]
    remarks: dict[Key, str] = {
        ("model", 1): "the numbers of each step at mean 0 and variance 1: quicker to learn",
        ("model", 2): "or `GELU`, `SiLU`, `Tanh`",
        ("model", 6): "the mean of each channel; or `GlobalPool: max`",
    }
    return _ended(facts, prepared, model, remarks, STEP_SECONDS * steps, 60)


def _ended(
    facts: ExampleFacts, prepared: Prepared, model: list[Any], remarks: dict[Key, str], seconds: float, most: int
) -> Choice:
    """With the layers that give the outputs, and all that follows from them."""
    last = len(model)
    end = [{"Linear": prepared.outputs}, *(["Softmax"] if facts.classes else [])]
    remarks |= {("model", last): "a score for each class" if facts.classes else "what is predicted"}
    remarks |= {("model", last + 1): "scores to probabilities"} if facts.classes else {}
    compared = compared_and_scored(prepared, facts.classes)
    settings = {
        "model": [*model, *end],
        **compared.settings,
        "optimizer": optimizer(0.005, 0.05),
        "schedule": "Cosine",
        "training": training(prepared.train, seconds, 1000, most, fewest=2 if "BatchNorm" in model else 1),
    }
    return Choice(settings, {**compared.remarks, **remarks})
