"""The model of a config or of a run: its shapes are settled."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from zen_cli.config.build import load, planned, read_config
from zen_cli.errors import RunError, UserError, quoted
from zen_cli.nn import Model
from zen_cli.training import predictions
from zen_cli.training.run import Run, find


def model_of(wanted: str, arguments: Sequence[str], runs: Path) -> tuple[str, Model]:
    """What the model is of, and the model: that of the config where there is such a file, or else of the run.

    `arguments` are overrides, which a run has no use for.
    """
    if _is_file(wanted):
        _, resolved = read_config(Path(wanted), arguments)
        return wanted, planned(load(resolved))
    run = _find(runs, wanted)
    if arguments:
        raise UserError(f"KEY=VALUE changes a config, but {quoted(wanted)} is a run, whose model is as it was trained")
    return str(run.path), predictions.load(run).model


def _find(runs: Path, wanted: str) -> Run:
    try:
        return find(runs, wanted)
    except RunError as error:
        raise UserError(f"there is no config file {quoted(wanted)}, and {error}") from None


def _is_file(name: str) -> bool:
    with suppress(OSError, ValueError):  # a name that no file can have
        return Path(name).is_file()
    return False
