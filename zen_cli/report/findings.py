"""What `zen check` found, level by level as it is found."""

from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from rich.table import Table
from rich.text import Text

from zen_cli import memory
from zen_cli.config.build import Experiment, Loaded
from zen_cli.config.meaning.components import name_of
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.words import count
from zen_cli.data.parts import size_of
from zen_cli.errors import ZenError
from zen_cli.memory import bytes_in_words
from zen_cli.report import tables
from zen_cli.report.console import PlainConsole
from zen_cli.report.tables import model_table, shape_in_words
from zen_cli.training.estimate import Estimate
from zen_cli.training.levels import Finding, Read

LEVELS = ("schema", "data", "model", "step")
WIDTH = max(map(len, LEVELS))


def show(findings: Iterable[Finding], out: TextIO, warn: Callable[[str], object]) -> None:
    """Print each finding as it comes; an error ends it, after the levels that it is of."""
    console, levels = PlainConsole(out), iter(LEVELS)
    told = 0  # problems, of data that the model can be tried on all the same
    try:
        for finding in findings:
            told = len(finding.problems) if isinstance(finding, Loaded) else 0
            _show_level(console, next(levels), not told, [count(told, "problem")] if told else _described(finding))
            for text in finding.warnings if isinstance(finding, Read | Experiment) else ():
                warn(text)
    except ConfigError as error:
        if untold := len(error.problems) - told:
            _show_level(console, next(levels), False, [count(untold, "problem")])
        raise
    except ZenError:
        _show_level(console, next(levels), False, ["failed"])
        raise


def _show_level(console: PlainConsole, level: str, passed: bool, parts: Iterable[str | Table]) -> None:
    marks = ("✗", "✓") if console.is_terminal and console.encoding.startswith("utf") else ("no", "ok")
    mark = Text(marks[passed], style="bold green" if passed else "bold red")
    first, *others = parts
    console.print(Text.assemble(mark, f"  {level:{WIDTH}}  {first}"), soft_wrap=True)
    indent = " " * (len(mark) + WIDTH + 4)
    for part in others:
        console.print(f"{indent}{part}" if isinstance(part, str) else part, soft_wrap=isinstance(part, str))


def _described(finding: Finding) -> Iterator[str | Table]:
    match finding:
        case Read():
            return _schema(finding)
        case Loaded():
            return _data(finding)
        case Experiment():
            return _model(finding)
        case Estimate():
            return _step(finding)


def _schema(read: Read) -> Iterator[str]:
    config = read.resolved.values
    loss, optimizer, training = name_of(config["loss"]), name_of(config["optimizer"]), config["training"]
    yield f"{count(len(config['model']), 'layer')}, {loss}, {optimizer}"
    yield f"{count(training['epochs'], 'epoch')} in batches of {training['batch_size']:,}"


def _data(loaded: Loaded) -> Iterator[str]:
    data = loaded.data
    sizes = [f"{size_of(part):,} {name}" for name, part in data.parts.named() if size_of(part)]
    yield f"{len(data):,} {data.task.examples}: {', '.join(sizes)}"
    yield from tables.remarks(data)
    size = min(loaded.resolved.values["training"]["batch_size"], data.train)
    for name, array in (("inputs", data.inputs), ("targets", data.targets)):
        yield f"first batch of {name}: {shape_in_words((size, *array.shape[1:]))}, {array.dtype}"


def _model(experiment: Experiment) -> Iterator[str | Table]:
    model = experiment.model
    yield f"{model.size:,} parameters, {bytes_in_words(model.bytes_kept)} in {model.dtype}"
    yield model_table(model.summary)


def _step(found: Estimate) -> Iterator[str]:
    steps = found.epochs * found.first.batches
    yield f"step 1 of {steps:,} taken: loss {found.first.loss:.4g}"
    evaluations = f" and {count(found.epochs, 'evaluation')} of {_duration(found.evaluation_seconds)}"
    parts = (
        f"{count(steps, 'step')} of {_duration(found.step_seconds)}{evaluations if found.evaluation_seconds else ''}"
    )
    yield f"training will take about {_duration(found.seconds)}: {parts}"
    yield "(the start, the predictions and the pictures come on top)"
    free = memory.available()
    beside = f"; {bytes_in_words(free)} are free" if free is not None else ""
    yield f"and about {bytes_in_words(found.bytes)} of memory at its peak{beside}"


def _duration(seconds: float) -> str:
    """A time in the unit that suits it, with two digits: `0.25 ms`, `12 s`, `3.5 hours`."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{float(f'{seconds / size:.2g}'):,.10g} {unit}"
    return f"{seconds:.2g} s" if seconds >= 0.1 else f"{1000 * seconds:.2g} ms"
