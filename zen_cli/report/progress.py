"""Training as it happens: a tqdm bar per epoch on a terminal, a plain line per epoch anywhere else."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from tqdm import tqdm

from zen_cli.training.backtest import Origin
from zen_cli.training.loop import EpochRecord, Record, StepRecord, in_words

BAR = "{desc} |{bar:10}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}"  # fits 80 columns


def follow(records: Iterable[Record], epochs: int, out: TextIO | None = None) -> Iterator[Record]:
    """Show the records on `out`, standard error without it, and pass them on."""
    out = out or sys.stderr
    return _bars(records, epochs, out) if is_terminal(out) else _lines(records, epochs, out)


def follow_origins(origins: Iterable[Origin], count: int, out: TextIO | None = None) -> Iterator[Origin]:
    """Show a backtest as it goes on: a bar over its origins on a terminal, else a line for each; and pass them on."""
    out = out or sys.stderr
    if not is_terminal(out):
        for number, origin in enumerate(origins, start=1):
            print(f"origin {number}/{count}  {origin.date}  {_rmse(origin)}", file=out, flush=True)
            yield origin
        return
    tqdm.monitor_interval = 0
    with tqdm(desc="Origins", total=count, file=out, bar_format=BAR, unit="origin", dynamic_ncols=True) as bar:
        for origin in origins:
            bar.set_postfix_str(f"{origin.date} {_rmse(origin)}", refresh=False)
            bar.update()
            yield origin


def _rmse(origin: Origin) -> str:
    """That of the model."""
    return f"RMSE {next(iter(origin.scores.values())):.4g}" if origin.scores else "a value is missing"


def is_terminal(out: TextIO) -> bool:
    """Whether `out` can redraw a line."""
    return out.isatty() and os.environ.get("TERM") != "dumb"


def _lines(records: Iterable[Record], epochs: int, out: TextIO) -> Iterator[Record]:
    for record in records:
        if isinstance(record, EpochRecord):
            print(in_words(record, epochs), file=out, flush=True)
        yield record


def _bars(records: Iterable[Record], epochs: int, out: TextIO) -> Iterator[Record]:
    tqdm.monitor_interval = 0  # no thread that wakes up to redraw
    bar: tqdm | None = None
    total, seen = 0.0, 0
    try:
        for record in records:
            if isinstance(record, EpochRecord) and bar is None:  # gone on with after its last step
                print(in_words(record, epochs), file=out, flush=True)
            elif isinstance(record, EpochRecord):
                assert bar is not None
                score = list(record.scores.items())[1:2]  # there is room for one: the first after val_loss
                bar.set_postfix({"loss": record.loss, **dict(score)}, refresh=False)
                bar.close()
                bar = None
            else:
                if bar is None:
                    bar, total, seen = _new_bar(record, epochs, out), 0.0, 0
                total, seen = total + record.loss, seen + 1
                bar.set_postfix(loss=total / seen, refresh=False)
                bar.update()
            yield record
    finally:
        if bar is not None:
            bar.close()


def _new_bar(record: StepRecord, epochs: int, out: TextIO) -> tqdm:
    title = f"Epoch {record.epoch:>{len(str(epochs))}}/{epochs}"
    done = record.batch - 1  # before it was gone on with
    return tqdm(
        desc=title, total=record.batches, initial=done, file=out, bar_format=BAR, unit="batch", dynamic_ncols=True
    )
