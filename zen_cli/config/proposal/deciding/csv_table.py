"""The source of a table in a CSV file."""

from collections.abc import Mapping
from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key
from zen_cli.config.proposal.looking.facts import TableFacts
from zen_cli.config.text.written import flow
from zen_cli.errors import quoted

RARE = 20  # rows of a word, below which it may be missing from the part that trains
FEW = 10  # different numbers, which might be names
NAMED = 10  # columns, in a remark
FOUND_OUT = {"encoding": "of the text, as it seems", "decimal": "what stands before decimals, as it seems"}


def of_file(path: str, reading: Mapping[str, Any]) -> Choice:
    """The file, and the settings without which it cannot be read."""
    remarks: dict[Key, str] = {("CSV", "file"): "its path from here"}
    return Choice({"file": path, **reading}, remarks | {("CSV", name): FOUND_OUT[name] for name in reading})


def source_of(facts: TableFacts) -> Choice:
    told = [of_file(facts.path, facts.reading), _target(facts), _inputs(facts), _categories(facts)]
    told += [_missing(facts), _unseen(facts)]
    settings = {key: value for choice in told for key, value in choice.settings.items()}
    return Choice(settings, {key: remark for choice in told for key, remark in choice.remarks.items()})


def _target(facts: TableFacts) -> Choice:
    told = "the column to tell" if facts.classes else "the column to predict"
    remark = told if facts.asked else f"{told}; --target of `zen init` takes another"
    return Choice({"target": facts.target.name}, {("CSV", "target"): remark})


def _inputs(facts: TableFacts) -> Choice:
    settings = {"inputs": [column.name for column in facts.inputs]} if facts.names_inputs else {}
    remark = "the columns that it is told from" + ("" if facts.names_inputs else "; null takes all others")
    if facts.left_out:
        reasons = [f"{quoted(name)} {reason}" for name, reason in facts.left_out.items()]
        more = ["..."] if len(reasons) > NAMED else []
        remark = f"{remark}. Left out: {'; '.join(reasons[:NAMED] + more)}"
    return Choice(settings, {("CSV", "inputs"): remark})


def _categories(facts: TableFacts) -> Choice:
    if facts.coded:
        remark = "numbers that are names of classes, as it seems (default [])"
        return Choice({"categories": [facts.target.name]}, {("CSV", "categories"): remark})
    few = [c.name for c in facts.inputs if c.kind == "number" and c.whole and c.distinct <= min(FEW, c.known / 5)]
    some = f"such as `{flow(few[:1])}`: " if few else ""
    return Choice({}, {("CSV", "categories"): f"{some}columns whose numbers are names, as postal codes are"})


def _missing(facts: TableFacts) -> Choice:
    """Rows without a target are no use; of the others, what is missing can be made up."""
    how = "drop" if facts.target.missing else "fill" if any(column.missing for column in facts.inputs) else None
    return Choice({"missing": how} if how else {}, {("CSV", "missing"): told_of_missing(facts)})


def told_of_missing(facts: TableFacts) -> str:
    cells = sum(column.missing for column in facts.inputs)
    lacking = f"{cells:,} cells of the inputs are missing" if cells > 1 else "a cell of the inputs is missing"
    if facts.target.missing:
        rows = f"{facts.target.missing:,} rows have" if facts.target.missing > 1 else "a row has"
        also = f", and {lacking}" if cells else ""
        return f"{rows} no {quoted(facts.target.name)}{also}: such rows are left out"
    if cells:
        return f"{lacking}: the median, or the most frequent word, stands for each; or `drop`"
    return "no cell is missing here; or `fill`, `drop`"


def _unseen(facts: TableFacts) -> Choice:
    words = [column.least for column in facts.inputs if column.kind == "category"]
    if not words:
        return Choice({})
    if min(words) >= RARE:
        remark = "or `zeros`: a word that is not in the part that trains counts as none, and is not refused"
        return Choice({}, {("CSV", "unseen"): remark})
    remark = "some words are rare: one that is not in the part that trains counts as none (default error)"
    return Choice({"unseen": "zeros"}, {("CSV", "unseen"): remark})
