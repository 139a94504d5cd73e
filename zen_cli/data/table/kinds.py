"""What the columns of a table hold, told from their first cells."""

from collections.abc import Callable, Sequence
from typing import Literal

from zen_cli.data.table.cells import Categories, Cells, Decimal, Numbers, Texts, Unseen, is_missing, looks_like_a_number
from zen_cli.data.table.dates import Dates, Order, found, order_of

Kind = Literal["number", "category", "date", "dmy", "mdy", "text"]
ENOUGH_TO_BE_TEXT = 100  # cells, all different


def kind_of(texts: Sequence[str]) -> Kind:
    """The kind that most cells are of. AmbiguousError for dates whose day and month cannot be told apart.

    A column with a few cells of another kind is still what most of them are: reading it will name the first. Words are
    categories, but where each of very many is another, they are text.
    """
    present = [text for text in texts if not is_missing(text)]
    if _most(looks_like_a_number, present):
        return "number"
    if _most(_looks_like_a_date, present):
        order = order_of([text if not is_missing(text) else "" for text in texts])
        return "date" if order == "ymd" else order
    return "text" if len(set(present)) == len(present) >= ENOUGH_TO_BE_TEXT else "category"


def cells_of(
    kind: Kind, texts: Sequence[str], decimal: Decimal, labels: Sequence[str] | None, unseen: Unseen, told: bool = True
) -> Cells:
    """What reads the cells of a column; `texts` are its first, in which the order of a date's parts is looked for.

    A category that was not `told` to be one may turn out to be text.
    """
    if kind == "number":
        return Numbers(decimal)
    if kind == "category":
        return Categories(labels, unseen, or_text=not told)
    if kind == "text":
        return Texts()
    return Dates(_order(kind, texts), max(map(len, texts), default=0))


def _order(kind: Kind, texts: Sequence[str]) -> Order:
    if kind == "dmy" or kind == "mdy":
        return kind
    return order_of(texts) if any(found(text, "dmy") for text in texts) else "ymd"


def _looks_like_a_date(text: str) -> bool:
    return found(text, "ymd") is not None or found(text, "dmy") is not None


def _most(test: Callable[[str], bool], texts: Sequence[str]) -> bool:
    return 2 * sum(map(test, texts)) >= len(texts)
