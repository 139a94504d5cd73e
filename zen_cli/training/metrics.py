"""metrics.jsonl while a run is trained: a line per epoch, and how much of it a checkpoint knows of."""

import json
import math
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from zen_cli.training import durable
from zen_cli.training.loop import EpochRecord

AT_ONCE = 2**20  # bytes


class Written(NamedTuple):
    """The first bytes of a file: how many there are, and their CRC-32."""

    length: int = 0
    crc: int = 0

    def and_then(self, data: bytes) -> "Written":
        return Written(self.length + len(data), zlib.crc32(data, self.crc))


def append(path: Path, written: Written, record: EpochRecord) -> Written:
    """Add a line, and return what is written then; it lasts once the file is synced."""
    line = f"{json.dumps(as_line(record))}\n".encode()
    durable.append(path, line)
    return written.and_then(line)


def begins_with(path: Path, written: Written) -> bool:
    """Whether these bytes are there still."""
    found = Written()
    try:
        with path.open("rb") as file:
            while found.length < written.length and (data := file.read(min(AT_ONCE, written.length - found.length))):
                found = found.and_then(data)
    except FileNotFoundError:
        pass
    return found == written


def as_line(record: EpochRecord) -> dict[str, Any]:
    """A record as it stands in metrics.jsonl: deterministic values only; null for a number that is not finite."""
    numbers = {"loss": record.loss, "loss_sum": record.loss_sum, "lr": record.lr, **record.scores}
    finite = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return {"epoch": record.epoch, "step": record.step, **finite}
