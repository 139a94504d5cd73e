"""The language of hints: what to do about a problem, such that doing it as it is written cures the problem.

A hint is alternatives, joined by `; or `. Each is in one of these forms, in which backticks hold exactly what to type:

    did you mean `X`?                     the text under the caret becomes X
    use `A`, `B` or `C`                   the text under the caret, a name or a value, becomes any one of these
    write `X`                             the whole value under the caret becomes X; of KEY=VALUE, the whole argument
    add `K: V` to `PATH`                  a setting for the block at the path, or for the config, which has none yet
    change `PATH` to `V`                  another value for a setting
    remove `PATH`                         the key, or the item of a list, is taken out
    move `PATH` to `PATH`[ as `K`]        the key goes into another block, or into the config, under another name
    put a dash before `X`                 the key X under the caret begins another item of its list
    make it a layer of its own, `- A`     the setting under the caret is taken out, and A comes after its layer
    put `- A` and `- B` before it         items of a list next to the one that is blamed, before it or after it
    end the model with `A` and `B`        items at the end of `model`

Paths are dotted, components in them in their longest form. After an alternative may stand a comma and a reason, which
begins with `which`, `since`, `as`, `so` or `for`. tests/hints.py reads these forms and no others.
"""

import shlex
from collections.abc import Iterable

from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.config.text.words import listed


def either(hints: Iterable[str]) -> str:
    return "; or ".join(hints)


# --- of what is under the caret ---


def did_you_mean(word: str) -> str:
    return f"did you mean `{word}`?"


def use(words: Iterable[str]) -> str:
    return f"use {listed(_typed(words), 'or')}"


def write(text: str) -> str:
    return f"write `{text}`"


def write_argument(key: str, value: str) -> str:
    """KEY=VALUE, quoted as a shell needs it."""
    return write(shlex.quote(f"{key}={value}"))


def put_dash(key: str) -> str:
    return f"put a dash before `{key}`"


def put(items: Iterable[str], after: bool) -> str:
    return f"put {listed(_typed(f'- {item}' for item in items))} {'after' if after else 'before'} it"


# --- of what has a path ---


def add(setting: str, block: KeyPath) -> str:
    return f"add `{setting}` to {_block(block)}"


def change(path: KeyPath, value: str) -> str:
    return f"change `{dotted(path)}` to `{value}`"


def as_layer(layer: str) -> str:
    return f"make it a layer of its own, `- {layer}`"


def remove(path: KeyPath) -> str:
    return f"remove `{dotted(path)}`"


def move(path: KeyPath, block: KeyPath, name: str = "") -> str:
    return f"move `{dotted(path)}` to {_block(block)}" + (f" as `{name}`" if name else "")


def end(layers: Iterable[str]) -> str:
    return f"end the model with {listed(_typed(layers))}"


def _block(path: KeyPath) -> str:
    return f"`{dotted(path)}`" if path else "the config"


def _typed(words: Iterable[str]) -> list[str]:
    return [f"`{word}`" for word in words]
