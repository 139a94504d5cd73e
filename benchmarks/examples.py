"""Train the ready examples and the same models in PyTorch, over several seeds, and compare scores: see README.md."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import mean, median, stdev

import harness
import numpy as np

from zen_cli.config.build import Experiment, open_config
from zen_cli.data.parts import size_of
from zen_cli.data.rows import Where, selected
from zen_cli.training.evaluation import in_units, scored
from zen_cli.training.job import training
from zen_cli.training.predictions import Said
from zen_cli.training.scores import scores_by_part

FRAMEWORKS = {"zen": "zen", "torch": "torch", "alike": "torch, zen's weights"}
Train = Callable[[Experiment], np.ndarray]  # returns the outputs for the part that is judged


def trained(experiment: Experiment) -> np.ndarray:
    """The outputs after the last epoch, as those of PyTorch, whatever the config says of `weights` and `patience`."""
    experiment.model.build()
    for _ in training(experiment, dict):
        pass
    return experiment.model.predict(selected(experiment.data.inputs, judged(experiment)))


def judged(experiment: Experiment) -> Where:
    """The examples that `zen train` judges by: the test part, or the validation where there is none."""
    parts = experiment.data.parts
    return parts.test if size_of(parts.test) else parts.validation


# --- a process per framework ---


def work(framework: str, config: Path, seeds: int) -> None:
    """Print for each seed the scores and the seconds of a training, and once those of the baselines, as JSON."""
    train = _training(framework)
    results = [_once(train, open_config(config, [f"seed={seed}"]).experiment) for seed in range(seeds)]
    baselines = (
        _baselines(open_config(config, ["seed=0", "training.epochs=1"]).experiment) if framework == "zen" else {}
    )
    print(json.dumps({"results": results, "baselines": baselines}))


def _training(framework: str) -> Train:
    if framework == "zen":
        return trained
    from peers import torch_examples

    return torch_examples.trained if framework == "torch" else torch_examples.trained_alike


def _once(train: Train, experiment: Experiment) -> tuple[Mapping[str, float], float]:
    start = time.perf_counter()
    outputs = train(experiment)
    seconds = time.perf_counter() - start
    data, where = experiment.data, judged(experiment)
    found = in_units(data, experiment.outputs.prediction(outputs), {}, where, float("nan"))
    return scored(experiment, found.predictions, data.truth(where)), seconds


def _baselines(experiment: Experiment) -> Mapping[str, Mapping[str, float]]:
    experiment.model.build()
    *_, last = scores_by_part(Said(experiment, experiment.data)).values()
    return last.baselines


def ask(framework: str, config: Path, seeds: int, threads: int) -> dict:
    command = [sys.executable, __file__, str(config), "--work", framework, "--seeds", str(seeds)]
    done = subprocess.run(command, env=harness.environment(threads), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


# --- the table ---


def lines(config: Path, seeds: int, threads: int) -> list[dict[str, str]]:
    """A row for each score."""
    replies = {title: ask(framework, config, seeds, threads) for framework, title in FRAMEWORKS.items()}
    names = replies["zen"]["results"][0][0]
    return [_line(config.stem if name == next(iter(names)) else "", name, replies) for name in names]


def _line(example: str, name: str, replies: Mapping[str, dict]) -> dict[str, str]:
    scores = {title: [found[name] for found, _ in reply["results"]] for title, reply in replies.items()}
    seconds = {f"{title} s": median(spent for _, spent in reply["results"]) for title, reply in replies.items()}
    baselines = {title: found[name] for title, found in replies["zen"]["baselines"].items() if name in found}
    return {
        "example": example,
        "score": name,
        **{title: _spread(each) for title, each in scores.items()},
        **{title: f"{median_:.1f}" for title, median_ in seconds.items()},
        **{f"{title}, each": " ".join(map(_figure, each)) for title, each in scores.items()},
        "without a network": ", ".join(f"{title} {_figure(score)}" for title, score in baselines.items()),
    }


def _spread(scores: list[float]) -> str:
    return f"{_figure(mean(scores))} ± {_figure(stdev(scores))}" if len(scores) > 1 else _figure(scores[0])


def _figure(score: float) -> str:
    return f"{score:.3g}" if score < 0.01 or score >= 1 else f"{score:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("configs", nargs="+", type=Path, help="the YAML files; their optimizer has to be Adam")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 0 on (default: 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads, on as many cores (default: 1)")
    parser.add_argument("--core", type=int, help="the first core to run on (default: the last ones)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--work", choices=FRAMEWORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, *options.configs, options.seeds)
        return
    cores = harness.pin(options.core, options.threads)
    table = [line for config in options.configs for line in lines(config, options.seeds, options.threads)]
    print(harness.table(table, options.markdown))
    print(f"{harness.machine()}, {cores}, {harness.in_words(options.threads)}; mean ± standard deviation over seeds")


if __name__ == "__main__":
    main()
