"""What can go wrong for a person, and the exit code of each.

    ZenError
    ├── UserError        2   the command line, the config or the data
    │   ├── ShapeError       layers, predictions or targets that do not fit together
    │   └── DataError        a data file or a generated series that cannot be used
    ├── RunError         3   a run or a checkpoint that cannot be used
    ├── NonFiniteError   4   training became infinite or not a number
    └── MachineError     5   disk, permission, memory

A message says what is wrong, shows the values and says what to do. Anything that is not a ZenError is
a bug in zen: exit code 1, with its traceback in a file.
"""

from collections.abc import Mapping
from typing import Any


def printable(text: str, longest: int | None = 60) -> str:
    """Something a person wrote, as a piece of a message: no control characters, and at most `longest` characters."""
    shown = text if text.isprintable() else repr(text)[1:-1]
    return shown if longest is None or len(shown) <= longest else f"{shown[: longest - 3]}..."


def quoted(text: str) -> str:
    """`printable` text in quotes."""
    return f"'{printable(text)}'"


class ZenError(Exception):
    exit_code = 1


class UserError(ZenError):
    """What a person wrote and zen cannot use: as text, the `message`, and the `hint`, what to do, where there is one.

    `setting` is the setting of a component that is to blame, where it is one, and `instead` holds values that would do,
    by the name of their setting: each of them cures the error by itself.
    """

    exit_code = 2

    def __init__(
        self, message: str, hint: str = "", *, setting: str = "", instead: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{message}: {hint}" if hint else message)
        self.message = message
        self.hint = hint
        self.setting = setting
        self.instead = instead or {}


class ShapeError(UserError, ValueError):
    """Shapes that do not fit; a ValueError too, for those who use zen as a library.

    `layer` leads to the layer that cannot take its input, where there is one: its place in the model, or the path that
    a config would have below `model`, such as (2, "Residual", "layers", 0). `given` is the shape of that input.
    """

    def __init__(
        self, message: str, hint: str = "", *, layer: tuple[int | str, ...] = (), given: tuple[int, ...] = ()
    ) -> None:
        super().__init__(message, hint)
        self.layer = layer
        self.given = given


class DataError(UserError, ValueError):
    """Data that cannot be used; the message names file, line and column where there are any."""


class RunError(ZenError):
    exit_code = 3


class NonFiniteError(ZenError):
    """Raised before the update that would have spread the value into the parameters."""

    exit_code = 4


class MachineError(ZenError):
    exit_code = 5
