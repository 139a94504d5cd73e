"""The source of a series in a CSV file."""

from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key
from zen_cli.config.proposal.deciding.csv_table import of_file
from zen_cli.config.proposal.looking.facts import SeriesFacts
from zen_cli.config.text.words import count
from zen_cli.config.text.written import flow
from zen_cli.errors import quoted

OFFERED = 3  # other columns, in a remark


def source_of(facts: SeriesFacts) -> Choice:
    told = [of_file(facts.path, facts.reading), _target(facts), _index(facts), _other_columns(facts)]
    told += [_gaps(facts), _missing(facts)]
    settings = {key: value for choice in told for key, value in choice.settings.items()}
    return Choice(settings, {key: remark for choice in told for key, remark in choice.remarks.items()})


def _target(facts: SeriesFacts) -> Choice:
    remark = "the column to forecast"
    if facts.others and not facts.asked:
        others = ", ".join(f"`{flow(name)}`" for name in facts.others[-OFFERED:])
        remark = f"{remark}: the last one with numbers, or {others}"
    return Choice({"target": facts.target}, {("CSV", "target"): remark})


def _index(facts: SeriesFacts) -> Choice:
    if facts.index:
        what = "the dates" if facts.dated else "a column of numbers that go up"
        return Choice({"index": facts.index}, {("CSV", "index"): what})
    unread = f"; those of {quoted(facts.unread)} cannot be read: write them as 2020-01" if facts.unread else ""
    return Choice({}, {("CSV", "index"): f"the column of dates; null counts the rows{unread}"})


def _other_columns(facts: SeriesFacts) -> Choice:
    settings: dict[str, Any] = {"series": facts.series} if facts.series else {}
    remarks: dict[Key, str] = {}
    if facts.series:
        remarks["CSV", "series"] = f"the column that tells the {len(facts.lengths)} series apart"
    if facts.others:
        remarks["CSV", "past"] = (
            f"such as `{flow([facts.others[0]])}`: columns that help to predict, and are known up to the present"
        )
    return Choice(settings, remarks)


def _gaps(facts: SeriesFacts) -> Choice:
    if not facts.gaps:
        return Choice({}, {("CSV", "gaps"): "no date is missing here"} if facts.dated else {})
    there = f"{facts.gaps:,} dates are" if facts.gaps > 1 else "a date is"
    if not facts.regular:
        return Choice({"gaps": "ignore"}, {("CSV", "gaps"): f"{there} not there, and rows just follow each other"})
    return Choice(
        {"gaps": "missing"},
        {("CSV", "gaps"): f"{there} not there: values are missing; or `ignore`, so that rows just follow each other"},
    )


def _missing(facts: SeriesFacts) -> Choice:
    lacking = facts.missing + (facts.gaps if _gaps(facts).settings.get("gaps") == "missing" else 0)
    if not lacking:
        return Choice({}, {("CSV", "missing"): "no cell is missing here; or `fill`, `drop`, `interpolate`"})
    values = count(lacking, "value")
    remark = f"{values} missing, for which the last known one stands; or `drop`, `interpolate`"
    return Choice({"missing": "fill"}, {("CSV", "missing"): remark})
