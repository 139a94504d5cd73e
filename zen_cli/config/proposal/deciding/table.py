"""How to tell a column of a table from others."""

from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key, Prepared
from zen_cli.config.proposal.deciding.csv_table import NAMED, source_of, told_of_missing
from zen_cli.config.proposal.deciding.dense import dense
from zen_cli.config.proposal.deciding.effort import listed_classes, shares, told_of_parts
from zen_cli.config.proposal.looking.facts import TableFacts
from zen_cli.config.text.words import count, listed
from zen_cli.errors import quoted


def data_of(facts: TableFacts) -> Choice:
    """The `data` section."""
    source, split = source_of(facts), _split(facts)
    numbers = any(column.kind == "number" for column in facts.inputs) or not facts.classes
    settings: dict[str, Any] = {"source": {"CSV": source.settings}}
    settings |= {"scaling": ["Standard"]} if numbers else {}
    remarks: dict[Key, str] = {
        ("data", "window"): "with a window, the rows are not examples, but a series that goes on"
    }
    if numbers:
        remarks["data", "scaling"] = "numbers of mean 0 and variance 1; or `[Robust]`, `[MinMax]` (default [])"
    return Choice({"data": settings | {"split": split.settings}}, {**source.remarks, **remarks, **split.remarks})


def model_of(facts: TableFacts, prepared: Prepared) -> Choice:
    """All but the `data` section."""
    return dense(prepared, facts.classes, by_rows=True)


def _split(facts: TableFacts) -> Choice:
    train, test = shares(facts.rows - facts.target.missing)
    method = "order" if facts.in_order else "stratified" if facts.classes else "random"
    settings: dict[str, Any] = {"train": train, **({"test": test} if test else {})}
    settings |= {} if method == "order" else {"method": method}
    remarks = told_of_parts("rows", test) | {("split", "method"): _told_of_method(facts, method)}
    if facts.group:
        settings["group"] = facts.group
        remarks["split", "group"] = f"no row is scored whose {quoted(facts.group)} was learnt from"
    else:
        remarks["split", "group"] = "a column; rows that have the same value there stay in one part"
    return Choice(settings, remarks)


def _told_of_method(facts: TableFacts, method: str) -> str:
    if method == "order":
        return f"the order of {quoted(facts.in_order or '')}, so that no row is told from later ones; or `random`"
    if method == "stratified":
        return "each class has the same share of every part; or `random`, `order` (default order)"
    return "drawn from the seed; or `order`, that of the file (default order)"


# --- in words ---


def purpose(facts: TableFacts) -> str:
    if facts.classes:
        return f"Tell {quoted(facts.target.name)} from the other columns: a dense network gives the class of each row."
    return f"Predict {quoted(facts.target.name)} from the other columns: a dense network gives the number of each row."


def found(facts: TableFacts) -> tuple[str, ...]:
    what = listed_classes(facts.classes) if facts.classes else "a number"
    size = f"{count(facts.rows, 'row')} of {count(facts.columns, 'column')}"
    names = [quoted(column.name) for column in facts.inputs]
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    lines = [f"{size}; target {quoted(facts.target.name)}: {what}", f"told from {listed([*names[:NAMED], *more])}"]
    lines += [f"left out: {quoted(name)} {reason}" for name, reason in list(facts.left_out.items())[:NAMED]]
    lines += [f"left out: {len(facts.left_out) - NAMED} more"] if len(facts.left_out) > NAMED else []
    if facts.target.missing or any(column.missing for column in facts.inputs):
        lines.append(told_of_missing(facts).removesuffix("; or `drop`"))
    return tuple(lines)
