"""What may be on a disk after the power went, at any moment of a trace of operations (`faults.disk`).

The model is that of ALICE (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014) and of SQLite's crash
tests, as strict as POSIX lets a file system be:

- What was written to a file and not synced is there, or is not, or its beginning is, or some of its sectors are, and
  the others are zeros or anything. What was synced is there.
- A name that came or went in a directory that was not synced since may have done so or not, each by itself, but for the
  changes of one name, which happen in their order. A rename is one change of two names.
- To sync a file makes its bytes last, not its name; to sync a directory the names in it, not its own.
"""

import random
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import prod
from pathlib import Path

from faults.disk import Operation

SECTOR = 512
ALL_SUBSETS = 5  # changes of a directory of which every subset is tried

Tree = Mapping[str, bytes | None]
"""The content of each file, and None for each directory, by its path below the root."""


@dataclass(eq=False)
class File:
    """Its bytes on the disk, and those that a process sees; `written` are the spans that differ, perhaps."""

    synced: bytes = b""
    seen: bytes = b""
    between: list[bytes] = field(default_factory=list)  # what was seen between two operations that are not synced
    written: list[tuple[int, int]] = field(default_factory=list)

    def write(self, offset: int, data: bytes) -> None:
        self._becomes(self.seen[:offset].ljust(offset, b"\0") + data + self.seen[offset + len(data) :])
        self.written.append((offset, offset + len(data)))

    def cut(self, length: int) -> None:
        self._becomes(self.seen[:length].ljust(length, b"\0"))

    def sync(self) -> None:
        self.synced = self.seen
        self.between, self.written = [], []

    def _becomes(self, content: bytes) -> None:
        self.between.append(self.seen)
        self.seen = content

    def contents(self, rng: random.Random, cuts: int) -> list[bytes]:
        """What may be found in it; `cuts` of the places where it may end, and as many ways to lose sectors."""
        if not self.between:
            return [self.synced]
        found = [*self.between, self.seen]
        for start, stop in self.written:
            places = [start, (start + stop) // 2, *(rng.randint(start, stop) for _ in range(cuts))]
            found += [self.seen[:place] + self.synced[place:] for place in places]
            found += [self._with(start, bytes(stop - start)), self._with(start, rng.randbytes(stop - start))]
            found += [self._torn(start, stop, rng) for _ in range(cuts)]
        return list(dict.fromkeys(found))

    def _with(self, start: int, data: bytes) -> bytes:
        return self.seen[:start] + data + self.seen[start + len(data) :]

    def _torn(self, start: int, stop: int, rng: random.Random) -> bytes:
        """Its sectors new, old (zeros beyond the old end) or anything, each by chance."""
        old, content = self.synced.ljust(len(self.seen), b"\0"), b""
        ends = [*range(start - start % SECTOR + SECTOR, stop, SECTOR), stop]
        for here, there in pairwise([start, *ends]):
            content += rng.choice([self.seen[here:there], old[here:there], rng.randbytes(there - here)])
        return self._with(start, content)


@dataclass(eq=False)
class Directory:
    """Its names on the disk, those that a process sees, and the changes from the one to the other."""

    synced: dict[str, "Node"] = field(default_factory=dict)
    seen: dict[str, "Node"] = field(default_factory=dict)
    changes: list[dict[str, "Node | None"]] = field(default_factory=list)  # a name that goes becomes None

    def change(self, names: dict[str, "Node | None"]) -> None:
        self.changes.append(names)
        self.seen = _changed(self.seen, [names])

    def sync(self) -> None:
        self.synced, self.changes = self.seen, []

    def contents(self, rng: random.Random, most: int) -> list[dict[str, "Node"]]:
        """The names that may be found in it: all, none, all but one, and others, `most` of them where they are many."""
        count = len(self.changes)
        if count <= ALL_SUBSETS:
            wishes = list(product((False, True), repeat=count))
        else:
            wishes = [(False,) * count, *(tuple(i != left_out for i in range(count)) for left_out in range(-1, count))]
            wishes += [tuple(rng.random() < 0.5 for _ in range(count)) for _ in range(most)]
        kept = dict.fromkeys(self._in_order(wish) for wish in wishes)
        return [_changed(self.synced, [self.changes[i] for i in chosen]) for chosen in kept]

    def _in_order(self, wish: Sequence[bool]) -> tuple[int, ...]:
        """The changes wished for, without those that come after one that is not, of a name that they share."""
        stuck: set[str] = set()
        chosen = []
        for i, names in enumerate(self.changes):
            if wish[i] and not stuck & names.keys():
                chosen.append(i)
            else:
                stuck |= names.keys()
        return tuple(chosen)


Node = File | Directory
Content = bytes | dict[str, Node]


def _changed(names: Mapping[str, Node], changes: Iterable[Mapping[str, Node | None]]) -> dict[str, Node]:
    after: dict[str, Node | None] = dict(names)
    for change in changes:
        after |= change
    return {name: node for name, node in after.items() if node is not None}


class Storage:
    """A disk on which at first there is `tree` below `root`; operations elsewhere are none of it."""

    def __init__(self, root: Path, tree: Tree | None = None) -> None:
        self._root = root
        self._top = Directory()
        for path, content in sorted((tree or {}).items()):  # a directory before what is in it
            node = Directory() if content is None else File(content, content)
            parent = self._parent(root / path)
            parent.synced = parent.seen = {**parent.seen, (root / path).name: node}

    def do(self, operation: Operation) -> None:
        if not operation.path.is_relative_to(self._root):
            return
        if operation.name == "open" and operation.created:
            self._parent(operation.path).change({operation.path.name: File()})
        elif operation.name == "mkdir":
            self._parent(operation.path).change({operation.path.name: Directory()})
        elif operation.name == "unlink":
            self._parent(operation.path).change({operation.path.name: None})
        elif operation.name == "replace":
            self._rename(operation.path, operation.to)
        elif (node := self._node(operation.path)) is not None:  # a file that has lost its name cannot be found any more
            _do(node, operation)

    def states(self, rng: random.Random, most: int, cuts: int) -> Iterator[Tree]:
        """What may be found on it now; `most` of it where it is more, by chance."""
        unsure = [node for node in self._nodes() if _is_unsure(node)]
        choices = [_contents(node, rng, most, cuts) for node in unsure]
        if prod(map(len, choices)) <= most:
            found: Iterable[tuple[Content, ...]] = product(*choices)
        else:
            found = (tuple(map(rng.choice, choices)) for _ in range(most))
        for contents in found:
            yield _tree(self._top, dict(zip(map(id, unsure), contents, strict=True)))

    def seen(self) -> Tree:
        """What a process sees of it."""
        return _tree(self._top, {id(node): node.seen for node in self._nodes()})

    def _nodes(self) -> Iterator[Node]:
        """Everything that may have a name."""
        waiting: list[Node] = [self._top]
        met: set[int] = set()
        while waiting:
            node = waiting.pop()
            if id(node) in met:
                continue
            met.add(id(node))
            yield node
            if isinstance(node, Directory):
                named = [*node.synced.values(), *(n for change in node.changes for n in change.values())]
                waiting += [child for child in named if child is not None]

    def _rename(self, path: Path, to: Path | None) -> None:
        assert to is not None
        assert path.parent == to.parent, "a rename to another directory is two changes, which no code here does"
        folder = self._parent(path)
        folder.change({path.name: None, to.name: folder.seen[path.name]})

    def _parent(self, path: Path) -> Directory:
        node = self._node(path.parent)
        assert isinstance(node, Directory), path
        return node

    def _node(self, path: Path) -> Node | None:
        node: Node | None = self._top
        for name in path.relative_to(self._root).parts:
            node = node.seen.get(name) if isinstance(node, Directory) else None
        return node


def _do(node: Node, operation: Operation) -> None:
    """What does not concern names, or makes them last."""
    if operation.name in ("fsync", "fsync_directory"):
        node.sync()
    elif isinstance(node, File) and operation.name == "write":
        node.write(operation.offset, operation.data)
    elif isinstance(node, File) and operation.length is not None:
        node.cut(operation.length)


def _is_unsure(node: Node) -> bool:
    return bool(node.between if isinstance(node, File) else node.changes)


def _contents(node: Node, rng: random.Random, most: int, cuts: int) -> Sequence[Content]:
    return node.contents(rng, cuts) if isinstance(node, File) else node.contents(rng, most)


def _tree(top: Directory, contents: Mapping[int, Content]) -> Tree:
    """The tree in which each node that is not sure, by its id, has this content."""
    tree: dict[str, bytes | None] = {}

    def add(node: Node, path: str) -> None:
        content = contents.get(id(node), node.synced)
        if isinstance(content, bytes):
            tree[path] = content
            return
        if path:
            tree[path] = None
        for name, child in content.items():
            add(child, f"{path}/{name}" if path else name)

    add(top, "")
    return tree


# --- crashes ---


@dataclass(frozen=True)
class Crash:
    """A state in which the power may leave the disk; `said` is what had been said by then, `number` the operation."""

    tree: Tree
    said: tuple[str, ...]
    number: int


START = Crash({}, (), 0)


def crashes(
    trace: Sequence[Operation],
    root: Path,
    *,
    after: Crash = START,
    seed: int = 0,
    most: int = 40,
    cuts: int = 3,
) -> Iterator[Crash]:
    """The states before each operation and after the last, each one once for what had been said by then.

    `after` is what an earlier crash left; `most` is of the states of one moment, and `cuts` how finely writes are torn.
    """
    storage, rng = Storage(root, after.tree), random.Random(seed)
    said = after.said
    met: set[int] = set()
    for number, operation in enumerate([*trace, None]):
        for tree in storage.states(rng, most, cuts):
            key = hash((frozenset(tree.items()), said))
            if key not in met:
                met.add(key)
                yield Crash(tree, said, number)
        if operation is not None and operation.name == "said":
            said = (*said, operation.data.decode())
        elif operation is not None:
            storage.do(operation)


class Stage:
    """A folder that takes the form of one tree after the other; only what differs is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shown: dict[str, bytes | None] = {}

    def show(self, tree: Tree) -> Path:
        for path in sorted(self._shown.keys() - tree.keys(), reverse=True):  # what is in a directory before itself
            target = self.folder / path
            target.rmdir() if self._shown[path] is None else target.unlink()
        for path in sorted(tree):  # a directory before what is in it
            content = tree[path]
            if path in self._shown and self._shown[path] == content:
                continue
            if content is None:
                (self.folder / path).mkdir()
            else:
                (self.folder / path).write_bytes(content)
        self._shown = dict(tree)
        return self.folder

    def copy(self, tree: Tree, to: Path) -> Path:
        """The tree in a folder of its own, for what changes it."""
        shutil.copytree(self.show(tree), to)
        return to
