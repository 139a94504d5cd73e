"""The rows of the benchmark: layers, data and training, without a word on any framework. To add a row, add an entry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from layers import (
    GRU,
    LSTM,
    RNN,
    Conv2D,
    Embedding,
    Flatten,
    Layer,
    Linear,
    MaxPool,
    ReLU,
    Shape,
    Sigmoid,
    product_flops,
    weight_shapes,
)
from problem import CLASSES, TOKENS, Data, Problem, first_weights, images, sines, text, values

FREE_STEPS = 1000

Task = Literal["train", "predict", "extrapolate"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """`shape` is an example's. `task` is a training step, a prediction, or FREE_STEPS predictions, each fed back."""

    title: str
    layers: tuple[Layer, ...]
    shape: Shape
    batch: int
    data: Callable[[int, Shape], Data] = values
    task: Task = "train"
    loss: Literal["MSE", "cross-entropy"] = "MSE"
    optimizer: Literal["Adam", "RMSProp"] = "Adam"

    def problem(self) -> Problem:
        return Problem(*self.data(self.batch, self.shape), first_weights(weight_shapes(self.layers, self.shape)))

    @property
    def flops(self) -> int:
        """Floating-point operations of all matrix products."""
        times = FREE_STEPS if self.task == "extrapolate" else self.batch
        return times * product_flops(self.layers, self.shape, training=self.task == "train")


def article(title: str, hidden: int, batch: int, steps: int, task: Task = "train") -> Row:
    """The article's model of a sine curve."""
    layers = (
        RNN(units=hidden, hidden_dim=hidden, return_sequences=True),
        RNN(hidden_dim=hidden),
        Linear(8),
        Linear(1),
    )
    return Row(title=title, layers=layers, shape=(steps, 1), batch=batch, data=sines, task=task, optimizer="RMSProp")


def perceptron(batch: int) -> Row:
    return Row(
        title=f"Linear 784-512-512-10, ReLU; batch {batch}",
        layers=(Linear(512), ReLU(), Linear(512), ReLU(), Linear(CLASSES)),
        shape=(784,),
        batch=batch,
        data=images,
        loss="cross-entropy",
    )


def lstm_64(steps: int = 100, batch: int = 32, layers: int = 1) -> Row:
    before = (LSTM(64, return_sequences=True),) * (layers - 1)
    return Row(
        title=f"{layers} LSTM 16-64, last state, Linear 1; batch {batch}, {steps} steps",
        layers=(*before, LSTM(64), Linear(1)),
        shape=(steps, 16),
        batch=batch,
    )


ROWS = {
    "seed": article("RNN 1-32, Linear 32 each step, RNN 32, Linear 8, Linear 1; batch 8, 50 steps", 32, 8, 50),
    "rnn-128": article("the same model, hidden 128; batch 32, 100 steps", 128, 32, 100),
    "rnn-512": article("the same model, hidden 512; batch 64, 100 steps", 512, 64, 100),
    "lstm-64": lstm_64(),
    "lstm-256": Row(
        title="LSTM 16-256, LSTM 256, last state, Linear 1; batch 64, 100 steps",
        layers=(LSTM(256, return_sequences=True), LSTM(256), Linear(1)),
        shape=(100, 16),
        batch=64,
    ),
    "gru-64": Row(
        title="GRU 16-64, last state, Linear 1; batch 32, 100 steps",
        layers=(GRU(64), Linear(1)),
        shape=(100, 16),
        batch=32,
    ),
    "gru-256": Row(
        title="GRU 16-256, last state, Linear 1; batch 64, 100 steps",
        layers=(GRU(256), Linear(1)),
        shape=(100, 16),
        batch=64,
    ),
    "digits": Row(
        title="configs/digits.yaml: Linear 64-64-32, Sigmoid, Linear 10; batch 128",
        layers=(Linear(64), Linear(32), Sigmoid(), Linear(CLASSES)),
        shape=(64,),
        batch=128,
        data=images,
        loss="cross-entropy",
        optimizer="RMSProp",
    ),
    "mlp": perceptron(128),
    "mlp-1k": perceptron(1024),
    "conv": Row(
        title="28x28 images: conv 3x3 to 32, max pool 2, conv 3x3 to 64, max pool 2, Linear 128-10, ReLU; batch 64",
        layers=(
            Conv2D(32, 3), ReLU(), MaxPool(2),
            Conv2D(64, 3), ReLU(), MaxPool(2),
            Flatten(), Linear(128), ReLU(), Linear(CLASSES),
        ),
        shape=(28, 28, 1),
        batch=64,
        data=images,
        loss="cross-entropy",
    ),
    "char": Row(
        title=f"Embedding {TOKENS}x64, LSTM 256 with all its states, Linear {TOKENS}; batch 32, 128 steps",
        layers=(Embedding(TOKENS, 64), LSTM(256, return_sequences=True), Linear(TOKENS)),
        shape=(128,),
        batch=32,
        data=text,
        loss="cross-entropy",
    ),
    "latency": article("the article's model predicts from one sequence of 50", 32, 1, 50, "predict"),
    "extrapolate": article(f"the article's model, {FREE_STEPS} predictions, each fed back", 32, 1, 50, "extrapolate"),
}  # fmt: skip


# Rows that differ in one number alone, for scaling.py.
SCALING = {
    "length": {f"lstm-64 steps {n}": lstm_64(steps=n) for n in (50, 100, 200, 400, 800)},
    "batch": {f"lstm-64 batch {n}": lstm_64(batch=n) for n in (16, 32, 64, 128, 256)},
    "layers": {f"lstm-64 layers {n}": lstm_64(layers=n) for n in (1, 2, 4, 8)},
}


def find(name: str) -> Row:
    """A row of the benchmark, or of a scaling series."""
    return (ROWS | {key: row for series in SCALING.values() for key, row in series.items()})[name]
