"""What the sine scripts leave behind, whatever the framework: a CSV and two pictures."""

import csv
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def write(out: Path, losses: list[float], truth: list[float], predictions: list[float]) -> None:
    for epoch, loss in enumerate(losses, start=1):
        print(f"epoch {epoch}: loss {loss:.6f}")
    with (out / "predictions.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["truth", "prediction"])
        rows.writerows(zip(truth, predictions, strict=True))
    draw(out / "loss.png", "epoch", "loss", {"loss": losses})
    draw(out / "predictions.png", "window", "value", {"truth": truth, "prediction": predictions})


def draw(path: Path, x_label: str, y_label: str, curves: dict[str, list[float]]) -> None:
    figure = Figure()
    axes = figure.subplots()
    for name, values in curves.items():
        axes.plot(values, label=name)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend()
    FigureCanvasAgg(figure).print_png(path)
