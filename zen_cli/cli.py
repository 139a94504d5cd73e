"""The `zen` command: its group, and the one place that turns an error into a message and an exit code."""

import gc
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from zen_cli import __version__
from zen_cli.commands.backtest import backtest
from zen_cli.commands.check import check
from zen_cli.commands.completion import completion
from zen_cli.commands.evaluate import evaluate
from zen_cli.commands.examples import examples
from zen_cli.commands.explain import explain
from zen_cli.commands.generate import generate
from zen_cli.commands.init import init
from zen_cli.commands.plot import plot
from zen_cli.commands.predict import predict
from zen_cli.commands.reproduce import reproduce
from zen_cli.commands.resume import resume
from zen_cli.commands.schema import schema
from zen_cli.commands.show import show
from zen_cli.commands.summary import summary
from zen_cli.commands.train import train
from zen_cli.errors import MachineError, ZenError, printable
from zen_cli.report.standard_output import StandardOutput
from zen_cli.talk import Talk
from zen_cli.training.interrupt import Interrupted, SignalWatch, die_by

BUG = 1


class ReaderGoneError(Exception):
    """Whoever read our output has had enough: no error of ours. click would exit with 1 for a BrokenPipeError."""


class Group(click.Group):
    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        with _readers_may_go():  # from the help
            return super().make_context(*args, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        with _readers_may_go():
            return super().invoke(ctx)


@contextmanager
def _readers_may_go() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ReaderGoneError from None


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="zen")
def cli() -> None:
    """zen turns a YAML file into a trained model.

    A config names the data, the layers, the loss and the optimizer. `zen train` leaves checkpoint, metrics,
    predictions and plots in a directory under runs/; `zen predict` and `zen plot` work from there.

    \b
    Example:
      zen train configs/sine.yaml
      zen predict --steps 100
      zen plot
    """


cli.add_command(init)
cli.add_command(examples)
cli.add_command(explain)
cli.add_command(check)
cli.add_command(summary)
cli.add_command(train)
cli.add_command(resume)
cli.add_command(evaluate)
cli.add_command(predict)
cli.add_command(generate)
cli.add_command(backtest)
cli.add_command(plot)
cli.add_command(reproduce)
cli.add_command(show)
cli.add_command(schema)
cli.add_command(completion)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    code = _run()
    gc.freeze()  # to look through all memory once more takes a sixth of a second, with a picture drawn
    sys.exit(code)


def _run() -> int:
    sys.stdout, sys.stderr = StandardOutput(sys.stdout), Talk(sys.stderr)
    try:
        with SignalWatch() as watch:
            code = _command(watch)
            watch.raise_received()
            return code
    except Interrupted as stop:
        print(f"zen: {stop}", file=sys.stderr)
        die_by(stop.number)


def _command(watch: SignalWatch) -> int:
    try:
        with watch.at_once():
            cli.main(prog_name="zen", standalone_mode=False)
            sys.stdout.flush()
    except click.ClickException as error:
        return _show(error)
    except ZenError as error:
        return _say(error)
    except click.Abort:  # at a prompt, for the end of the input too
        raise Interrupted(signal.SIGINT) from None
    except (BrokenPipeError, ReaderGoneError):
        return 0
    except MemoryError:
        return _say(MachineError("not enough memory: make the model, the batch or the data smaller"))
    except OSError as error:
        return _say(MachineError(_in_one_line(error)))
    except Exception as error:
        return _report_bug(error)
    return 0


def _show(error: click.ClickException) -> int:
    if isinstance(error, click.NoSuchOption) and "." in error.option_name:
        cure = f"An override has no dashes: write {error.option_name.lstrip('-')}=VALUE."
        error = click.NoSuchOption(error.option_name, f"{error.message} {cure}", ctx=error.ctx)
    error.show(sys.stderr)
    return error.exit_code


def _say(error: ZenError) -> int:
    print(f"zen: {error}", file=sys.stderr)
    return error.exit_code


def _in_one_line(error: OSError) -> str:
    """What went wrong, and with which file: the name may hold anything."""
    name = error.filename
    what = f"{printable(os.fsdecode(name), None)}: " if isinstance(name, (str, bytes)) else ""
    return f"{what}{printable(error.strerror or str(error), None)}"


def _report_bug(error: Exception) -> int:
    """Keep the traceback in a file and say where: it is of use to us, not to the person in front of it."""
    with tempfile.NamedTemporaryFile("w", prefix="zen-bug-", suffix=".txt", delete=False, encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    print(
        f"zen: this is a bug in zen ({type(error).__name__}: {error}); please report it with {file.name}",
        file=sys.stderr,
    )
    return BUG
