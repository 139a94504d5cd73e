"""Scores as people and programs read them: beside those of the baselines, with what follows from them."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TextIO

from rich.table import Table

from zen_cli.config.text.words import count
from zen_cli.metric import title
from zen_cli.report.console import PlainConsole, new_table
from zen_cli.training.backtest import Origin, Overall
from zen_cli.training.judging import Judged
from zen_cli.training.scores import PartScores, Scores


def show_evaluation(judged: Judged, out: TextIO) -> None:
    """How good a model is on some data."""
    console = PlainConsole(out)
    what = f"{judged.run.path} on {judged.where}, {count(judged.found.examples, 'example')}"
    console.print(what, style="bold", soft_wrap=True)
    console.show_data(beside_baselines(judged.found, judged.where))
    for text in remarks(judged.found):
        console.print(text, soft_wrap=True)


def judgement(scores: Mapping[str, PartScores]) -> Iterator[Table | str]:
    """The part that a model is judged by: its scores beside those of the baselines, and the verdict."""
    for part, found in scores.items():
        if found.baselines:
            yield beside_baselines(found, f"the {part} part")
        yield from remarks(found)


def beside_baselines(found: PartScores, where: str) -> Table:
    rows = {"the model": found.scores, **found.baselines}
    return table_of_scores(rows, [*found.scores], [f"On {where}", *map(title, found.scores)])


def table_of_scores(rows: Mapping[str, Scores], columns: Sequence[str], headings: Sequence[str]) -> Table:
    """A row for each name, with its scores of these names; empty where it has no such score."""
    table = new_table(*headings)
    for name, scores in rows.items():
        table.add_row(name, *(f"{scores[column]:.4g}" if column in scores else "" for column in columns))
    return table


def show_backtest(origins: Sequence[Origin], together: Overall | None, out: TextIO) -> None:
    """The RMSE of the model and of each baseline at every origin, and over all of them."""
    console = PlainConsole(out)
    names = list({name: None for origin in origins for name in origin.scores})
    rows = {origin.date: origin.scores for origin in origins}
    rows |= {"mean": together.mean, "all values": together.pooled} if together else {}
    console.show_data(table_of_scores(rows, names, ["RMSE from", *names]))
    if together:
        console.print(together.verdict, soft_wrap=True)
    if missing := [origin.date for origin in origins if not origin.contenders]:
        console.print(f"Left out, since a value is missing: {', '.join(missing)}", soft_wrap=True)


def remarks(found: PartScores) -> Iterator[str]:
    return filter(None, (found.verdict, found.coverage_told, *found.notes))


def as_json(scores: Mapping[str, PartScores]) -> bytes:
    """The scores of each part; null for a number that is not finite."""
    return f"{json.dumps(_finite({part: asdict(found) for part, found in scores.items()}), indent=1)}\n".encode()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return list(value) if isinstance(value, tuple) else value
