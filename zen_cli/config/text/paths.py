"""The path of a value in a config: the keys that lead to it, and the numbers of the items in lists."""

KeyPath = tuple[str | int, ...]


def dotted(path: KeyPath) -> str:
    return ".".join(map(str, path))
