"""What keeps a run from being lost, taken away, one thing at a time: each has to be found missing."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faults.every import Faults, every_fault
from faults.forked import Patch
from zen_cli.nn import Model
from zen_cli.optim import Optimizer
from zen_cli.schedule import Watch
from zen_cli.training import checkpoint, durable, loop
from zen_cli.training.best import Best
from zen_cli.training.position import Position, Sum
from zen_cli.training.saver import Saver, Snapshot
from zen_cli.training.state import State


@dataclass(frozen=True)
class Knockout:
    """What is done instead of the right thing, and the fault after which that shows."""

    config: str
    kind: str
    patches: tuple[Patch, ...]
    places: tuple[int, int] = (-50, 3)  # the first, counted from the end, and how many further on each next one is


def found_missing(name: str) -> Faults:
    """The faults up to the first that shows that something is missing."""
    out = KNOCKOUTS[name]
    start, step = out.places
    return every_fault(out.config, out.kind, share=slice(start, None, step), patches=out.patches, only_first=True)


def _publish_in_place(path: Path, chunks: Iterable[bytes]) -> None:
    with durable._opened(path, path, os.O_TRUNC) as descriptor:
        for chunk in chunks:
            durable._write_all(descriptor, chunk)
        durable._sync(descriptor)
    durable.sync_directory(path.parent)


def _drop_and_save(self: Saver, snapshot: Snapshot, save: Callable[..., None] = Saver.save) -> None:
    for path in self.run.checkpoints():
        durable.remove(path)
    save(self, snapshot)


def _restore_all_but_slots(self: State, model: Model, optimizer: Optimizer, step: int) -> None:
    self.restore_values(model)
    optimizer.steps = step
    model.carry(self.carried)


def _forgetful_position(**forgotten: Any) -> Callable[[Mapping[str, Any]], Position]:
    of = Position.of
    return lambda stored: replace(of(stored), **forgotten)


def _publish_or_not(path: Path, chunks: Iterable[bytes]) -> None:
    with suppress(OSError):
        durable.publish(path, chunks)


AT_THE_END = (-60, 8)  # when the rate has fallen, and patience wears thin
KNOCKOUTS = {
    "files are written under their names": Knockout(
        "small", "killed in a write", ((checkpoint, "publish", _publish_in_place),)
    ),
    "old checkpoints go before the new one is there": Knockout("small", "killed", ((Saver, "save", _drop_and_save),)),
    "metrics are not cut": Knockout("small", "killed", ((durable, "cut", lambda *_: None),)),
    "the optimizer forgets": Knockout("small", "killed", ((State, "restore", _restore_all_but_slots),)),
    "layers forget what they carry": Knockout(
        "stateful", "killed", ((Model, "carry", lambda model, _: model.reset_states()),)
    ),
    "the sums of the epoch are forgotten": Knockout(
        "small", "killed", ((Position, "of", _forgetful_position(batch_losses=Sum(), example_losses=Sum())),)
    ),
    "the plateau is forgotten": Knockout(
        "shuffled", "killed", ((Position, "of", _forgetful_position(watch=Watch())),), AT_THE_END
    ),
    "the best is forgotten": Knockout("shuffled", "killed", ((Best, "of", lambda _: Best()),), AT_THE_END),
    "patience begins anew": Knockout(
        "shuffled", "killed", ((Best, "of", lambda stored, of=Best.of: of(stored).waiting(0)),), AT_THE_END
    ),
    "the epoch begins anew": Knockout("small", "killed", ((loop, "islice", lambda batches, *_: batches),)),
    "errors of the disk are swallowed": Knockout("small", "failing once", ((checkpoint, "publish", _publish_or_not),)),
}
