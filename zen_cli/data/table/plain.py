"""Text made so plain that NumPy reads it as it stands: without quotes, decimal commas and marks for what is missing."""

import numpy as np

from zen_cli.data.table.cells import MISSING
from zen_cli.data.table.records import BLANKS

Array = np.ndarray
LINE_END, QUOTE = ord("\n"), ord('"')


def without_quotes(text: str, delimiter: str, empty: bool) -> str | None:
    """The text without the quotes around whole cells; None where they are needed.

    They are around a delimiter, a line end or another quote, and around nothing, unless cells may be `empty` without.
    """
    if not empty and '""' in text:
        return None
    codes = _codes(text)
    quotes, ends = np.flatnonzero(codes == QUOTE), np.flatnonzero(_separators(codes, delimiter))
    first, last = quotes[0::2], quotes[1::2]
    if len(first) != len(last) or (np.searchsorted(ends, first) != np.searchsorted(ends, last)).any():
        return None
    around = np.concatenate([first - 1, last + 1])
    inside = around[(around >= 0) & (around < len(codes))]
    return text.replace('"', "") if _separators(codes[inside], delimiter).all() else None


def with_nan(text: str, delimiter: str, empty: bool) -> str:
    """The text with `nan` in each cell that is missing and has no blanks around it; if so, in `empty` ones, too."""
    codes = _codes(text)
    ends = np.flatnonzero(_separators(codes, delimiter))
    ends = ends if text.endswith("\n") else np.append(ends, len(codes))
    starts = np.concatenate([[0], ends[:-1] + 1])
    widths = ends - starts
    marks = sorted(MISSING if empty else MISSING - {""})
    missing = np.sort(np.concatenate([_saying(mark, codes, starts[widths == len(mark)]) for mark in marks]))
    cuts = np.stack([missing, ends[np.searchsorted(ends, missing)]], axis=1).ravel().tolist()
    kept = zip([0, *cuts[1::2]], [*cuts[0::2], len(text)], strict=True)
    return "nan".join(text[start:end] for start, end in kept)


def swapped(text: str) -> str:
    """A text with points for commas and commas for points."""
    return text.replace(".", "\0").replace(",", ".").replace("\0", ",")  # no block has a NUL


def swapped_cells(values: Array) -> Array:
    """The same for each of texts (N,)."""
    if values.dtype != object:
        codes = np.ascontiguousarray(values).view(np.uint32)
        commas, points = codes == ord(","), codes == ord(".")
        codes = np.where(commas, ord("."), np.where(points, ord(","), codes)).astype(np.uint32)
        return codes.view(values.dtype)
    texts = np.empty(len(values), object)
    texts[:] = [swapped(text) for text in values.tolist()]
    return texts


def _saying(mark: str, codes: Array, starts: Array) -> Array:
    """Those of the cells at `starts` that say `mark`."""
    for place, character in enumerate(mark):
        starts = starts[codes[starts + place] == ord(character)]
    return starts


def _separators(codes: Array, delimiter: str) -> Array:
    """Where a cell ends."""
    found: Array = (codes == LINE_END) | (codes == ord(delimiter))
    return found | (codes == ord("\t")) if delimiter == BLANKS else found


def _codes(text: str) -> Array:
    """The code of each character."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
