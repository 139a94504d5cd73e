from collections.abc import Iterable, Iterator
from zen_cli.training.loop import EpochRecord, Record


def follow(records: Iterable[Record], epochs: int) -> Iterator[Record]:
    for r in records:
        if isinstance(r, EpochRecord):
            print(r)
        yield r
