"""How long to train, and on how many examples at once: so that a first result is there within seconds."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key, Prepared
from zen_cli.interval import least_examples

SECONDS = 10  # that a training should take at the most
BATCHES = ((1000, 16), (10_000, 32), (100_000, 64))  # up to so many examples, so many at once
LARGEST_BATCH = 256
LEVELS = (0.9, 0.8)  # of intervals, the first that there are examples for
PER_LEVEL = 3  # times the fewest examples of a level, below which it is a guess


def optimizer(lr: float, weight_decay: float) -> dict[str, Any]:
    return {"AdamW": {"lr": lr, "weight_decay": weight_decay}}


def training(train: int, seconds: float, steps: int, most: int, fewest: int = 1) -> dict[str, Any]:
    """About so many steps, and at the most so many epochs; `seconds` is what an example takes.

    No batch has fewer than `fewest` examples.
    """
    batch = next((size for count, size in BATCHES if train < count), LARGEST_BATCH)
    batch = max(fewest, min(batch, 1 << max(0, (train // 4).bit_length() - 1)))
    while 0 < train % batch < fewest < train:
        batch += 1
    wanted = min(most, round(steps * batch / train) or 1)
    affordable = max(1, math.floor(SECONDS / (seconds * train)))
    return {"epochs": min(wanted, affordable), "batch_size": batch}


def interval(prepared: Prepared) -> Choice:
    """Intervals of a level that there are enough examples for."""
    level = next((each for each in LEVELS if prepared.validation >= PER_LEVEL * least_examples(each)), None)
    if level is None:
        needed = least_examples(LEVELS[0])
        few = f"intervals around predictions: 0.9 takes {needed} examples in the validation part"
        return Choice({}, {("", "interval"): few})
    share = f"{100 * level:.0f} %"
    return Choice(
        {"interval": level},
        {("", "interval"): f"intervals that hold {share} of the values, as wide as the validation part needs them"},
    )


# --- parts ---


def shares(count: int) -> tuple[float, float | int]:
    """Which share of so many examples trains, and which is the test part: 0 where they are too few for it."""
    for least, train, test in ((100_000, 0.8, 0.1), (500, 0.7, 0.15), (30, 0.6, 0.2)):
        if count >= least:
            return train, test
    return 0.8, 0


def told_of_parts(what: str, test: float | int, given: int = 0) -> dict[Key, str]:
    """Remarks on `split`."""
    rest = "; the rest is the validation part, scored after each epoch" if test or given else ""
    train = f"the share of the {what} that train, or a number of them{rest} (default 0.8)"
    tested = "the share kept for the scores at the end (default 0)"
    if given:
        tested = f"the {given:,} {what} that came as a test part are it"
    elif not test:
        tested = f"such as `0.2`: the share kept for the scores at the end; here are few {what}"
    return {("split", "train"): train, ("split", "test"): tested}


# --- losses and scores ---

OF_NUMBERS = "or `MAE`, `Huber`, which mind values that are far off less"

IMBALANCED = 3  # times as many examples of the most frequent class as of the least
LEAST_OF_A_CLASS = 5  # examples, below which its weight would drown the others


def loss_of_classes(counts: Mapping[str, int]) -> Choice:
    least, most = (min(counts.values()), max(counts.values())) if counts else (1, 1)
    remarks: dict[Key, str] = {("", "loss"): "for classes, after `Softmax`"}
    if most <= IMBALANCED * least or least < LEAST_OF_A_CLASS:
        unequal = "such as `balanced`: all classes together count alike, however rare"
        return Choice(
            {"loss": {"categorical_crossentropy": {}}},
            {**remarks, ("categorical_crossentropy", "class_weights"): unequal},
        )
    why = f"the most frequent class has {most:,} examples, the rarest {least:,}: all classes together count alike"
    return Choice(
        {"loss": {"categorical_crossentropy": {"class_weights": "balanced"}}},
        {**remarks, ("categorical_crossentropy", "class_weights"): why},
    )


def compared_and_scored(prepared: Prepared, classes: Mapping[str, int]) -> Choice:
    """Loss, metrics and intervals, of classes or, where there are none, of numbers."""
    if classes:
        told, scores = loss_of_classes(classes), ["F1"]
        remark = "scores besides accuracy: F1 minds rare classes as much as others; or `[F1: {per_class: true}]`"
    else:
        ranged = interval(prepared)
        told = Choice({"loss": "MSE", **ranged.settings}, {**ranged.remarks, ("", "loss"): OF_NUMBERS})
        scores = ["R2"] if min(prepared.validation, prepared.test or prepared.validation) > 1 else ["MAE"]
        remark = "scores besides RMSE: R2 is the share of the variance that is told; or `[MAE]`"
    return Choice({**told.settings, "metrics": scores}, {**told.remarks, ("", "metrics"): f"{remark} (default [])"})


def listed_classes(counts: Mapping[str, int], most: int = 6) -> str:
    """`3 classes (setosa: 50, versicolor: 50, virginica: 50)`."""
    some: Sequence[str] = [f"{label}: {count:,}" for label, count in list(counts.items())[:most]]
    more = ", ..." if len(counts) > most else ""
    return f"{len(counts)} classes ({', '.join(some)}{more})"
