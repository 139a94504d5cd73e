"""A folder in memory, where there is one: thousands of small files cost a disk too much."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = Path("/dev/shm")  # on Linux, unless a container left it out


@contextmanager
def memory_folder() -> Iterator[Path]:
    """An empty folder, which goes when this ends."""
    with tempfile.TemporaryDirectory(dir=SHARED if os.access(SHARED, os.W_OK) else None) as folder:
        yield Path(folder)
