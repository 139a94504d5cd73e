"""KEY=VALUE arguments: changes to the tree of a config before it is resolved.

KEY is a dotted path, `optimizer.RMSProp.lr` or `model.0.RNN.hidden_dim`; VALUE is YAML, read by the same reader.
"""

from collections.abc import Sequence

from zen_cli.config.problems import ConfigError, Place, Problem, Source
from zen_cli.config.reader import Node, read_text
from zen_cli.config.resolve import expand_components

LONGEST_PATH = 150


def apply(root: Node, arguments: Sequence[str]) -> list[Problem]:
    """Change the tree as the arguments say, in their order; returns the problems of those that cannot be applied."""
    problems: list[Problem] = []
    for order, argument in enumerate(arguments, start=1):
        try:
            _Override(argument, order).change(root)
        except ConfigError as error:
            problems += error.problems
    return problems


class _Override:
    def __init__(self, argument: str, order: int) -> None:
        key, equals, _ = argument.partition("=")
        self.place = Place(Source("override", [argument], order), 1, 1, max(1, len(key)))
        self.keys = key.split(".")
        if not equals or not all(self.keys):
            raise self.error("an override is KEY=VALUE", "for example training.epochs=20")
        if len(key) > LONGEST_PATH or not key.isprintable():
            raise self.error(f"a key has at most {LONGEST_PATH} characters, all of them printable", "")
        self.value = read_text(argument, "override", order, value_at=len(key) + 1)

    def change(self, root: Node) -> None:
        node = root
        for depth, key in enumerate(self.keys):
            expand_components(root)  # so that each step of the path exists, however the file writes it
            node = self.step(node, key, depth)
        node.value, node.keys, node.place = self.value.value, self.value.keys, self.value.place

    def step(self, node: Node, key: str, depth: int) -> Node:
        """The node under `key`; a key that is not in the file yet is made."""
        if isinstance(node.value, list):
            return node.value[self.index(key, len(node.value), depth)]
        if not isinstance(node.value, dict):
            node.value, node.keys, node.place = {}, {}, self.place
        node.keys.setdefault(key, self.place)
        return node.value.setdefault(key, Node({}, self.place))

    def index(self, key: str, count: int, depth: int) -> int:
        if key.isdecimal() and key.isascii() and len(key) < 10 and int(key) < count:
            return int(key)
        owner = ".".join(self.keys[:depth])
        numbers = f"its items are numbered from 0 to {count - 1}" if count else "it is an empty list"
        raise self.error(f"{owner} has no item {key}", numbers)

    def error(self, message: str, hint: str) -> ConfigError:
        return ConfigError([Problem(self.place, "", message, hint)])
