"""What a setting may be, as types: `units: Count`. The config's checks and texts come from them."""

from dataclasses import dataclass
from typing import Annotated, Literal

LARGEST = 2**53  # of whole numbers: JSON, and all that reads it, has larger ones but in part


@dataclass(frozen=True)
class Range:
    """Bounds of a number; None where there is none. `above` and `below` exclude the bound itself."""

    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        most = None if self.most == LARGEST else self.most  # which nobody meets who means the number
        bounds = ((">", self.above), (">=", self.least), ("<", self.below), ("<=", most))
        return " and ".join(f"{sign} {bound:.10g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True)
class OneOf:
    """Marks a setting that takes a component of this kind: `Name`, `Name: first-argument` or `Name: {...}`."""

    kind: str


@dataclass(frozen=True)
class Pattern:
    """Marks a text of this form, as a regular expression for the whole of it; `words` say what that is."""

    expression: str
    words: str


@dataclass(frozen=True)
class IsFile:
    """Marks a text that is the path of a file, or of a folder, from where the config lies."""


File = Annotated[str, IsFile()]
Name = Annotated[str, Pattern("[A-Za-z][A-Za-z0-9_-]*", "that starts with a letter and has letters, digits, - and _")]
Date = Annotated[
    str, Pattern(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?)?", "that is a date, such as 1959-01 or 2020-01-31")
]
Count = Annotated[int, Range(least=1, most=LARGEST)]
CountOrZero = Annotated[int, Range(least=0, most=LARGEST)]
Few = Annotated[int, Range(least=1, most=1000)]  # of what is made one by one
MOST_TOKENS = 2**24  # float32 tells no more whole numbers apart
Tokens = Annotated[int, Range(least=1, most=MOST_TOKENS)]
Bits = Annotated[int, Range(least=1, most=62)]
Threads = Annotated[int, Range(least=1, most=1024)]
Finite = Annotated[float, Range()]
Positive = Annotated[float, Range(above=0)]
NonNegative = Annotated[float, Range(least=0)]
Decay = Annotated[float, Range(least=0, below=1)]
Fraction = Annotated[float, Range(above=0, below=1)]
Rate = Annotated[float, Range(least=0, below=1)]
Share = Annotated[float, Range(least=0, most=1)]

# along the axes of an image: one number for both, or [height, width]
PerAxis = Count | tuple[Count, Count]
Padding = Literal["valid", "same"] | CountOrZero | tuple[CountOrZero, CountOrZero]
