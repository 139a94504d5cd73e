"""Raw data as examples: divided and scaled as the config says. What does not fit is blamed on its setting."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from zen_cli.config.language.schema import Component, Data, Split
from zen_cli.config.meaning.blame import blamed_on, blamed_on_source, misfit, no_column
from zen_cli.config.meaning.components import component, name_of, settings_in
from zen_cli.config.meaning.cures import Add, Remove, problem, setting
from zen_cli.config.meaning.tables import demand_rows, demand_series
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.problems import ConfigError, Found, Problem
from zen_cli.data.dataset import Dataset, Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.forecasting import Forecasting, demand_lengths, divide
from zen_cli.data.parts import Parts, amounts, dealt, drawn, grouped, in_order, stratified
from zen_cli.data.places import Cut, Division
from zen_cli.data.plain import Plain
from zen_cli.data.runs import Runs
from zen_cli.data.scaling import Difference, Scaler, UnscalableError
from zen_cli.data.series import SeriesSet
from zen_cli.data.table import NoColumnError
from zen_cli.data.tables import Table
from zen_cli.data.tabular import Tabular
from zen_cli.data.text.corpus import Corpus, Lines, RunningText
from zen_cli.data.texts import TextParts, Texts
from zen_cli.errors import DataError, quoted

SPLIT: KeyPath = ("data", "split")
Array = np.ndarray
OF_SERIES = {  # settings that say nothing of other data, and what to say then
    "window": "only a series has windows, and this source gives examples one by one",
    "horizon": "only a series has steps to predict",
    "strategy": "only a series has steps to predict",
    "season": "only a series has seasons",
}


def prepare(
    raw: Any, resolved: Resolved, fitted: Preparation | None = None, divided: Any = None
) -> tuple[Preparation, Dataset, list[Problem]]:
    """What makes examples of such data, and the examples in these; nothing is fitted anew where it is `fitted`.

    They are divided as the config says, unless they are `divided` already. Where they cannot be, which is among the
    problems, all of them train, so that the model can be looked at nevertheless. ConfigError where there are no
    examples to go on with.
    """
    way, found = _way(told(raw, resolved), resolved), Found()
    found.attempt(way.demand_no_more)
    parts = divided or found.attempt(way.parts)
    parts = way.whole() if parts is None else parts
    with blamed_on(resolved, "data", "scaling"), way.blamed_on_the_scaler():
        preparation = fitted or way.fit(parts)
    with blamed_on(resolved, "data"), blamed_on_source(resolved), way.blamed_on_the_scaler():
        return preparation, preparation.dataset(way.raw, parts), found.problems


def first_predicted(raw: SeriesSet, resolved: Resolved) -> int:
    """The first row of a series before which there is all that a model sees."""
    way = _OfSeries(raw, resolved)
    return way.reach + way.cut.window


class _Way(ABC):
    """How data of one kind become examples. Making it raises ConfigError where they cannot at all."""

    useless: Mapping[str, str] = OF_SERIES
    undivided: Mapping[str, str] = {"group": "only the rows of a table are in groups"}  # settings of the split

    def __init__(self, raw: Any, resolved: Resolved) -> None:
        self.raw = raw
        self.resolved = resolved
        self.data = resolved.values["data"]
        self.split = self.data["split"]
        self.seed = resolved.values["seed"]
        self.scalers = [self._scaler(place, scaler) for place, scaler in enumerate(self.data["scaling"])]

    def demand_no_more(self) -> None:
        """ConfigError where a setting says nothing of such data."""
        for name, message in self.useless.items():
            if self.data[name] not in (getattr(Data, name), []):
                raise misfit(self.resolved, ("data", name), message, Remove(("data", name)))
        for name, message in self.undivided.items():
            if self.split[name] != getattr(Split, name):
                raise misfit(self.resolved, (*SPLIT, name), message, Remove((*SPLIT, name)))

    @abstractmethod
    def parts(self) -> Any: ...

    @abstractmethod
    def whole(self) -> Any:
        """All examples as one part that trains."""

    @abstractmethod
    def fit(self, parts: Any) -> Preparation: ...

    def demand_known(self, names: Sequence[str]) -> None:
        """ConfigError where a scaler is for columns that are not among those that hold numbers."""
        for i, scaler in enumerate(self.scalers):
            with self.blamed_on_scaler(i):
                scaler.places(names)

    def _scaler(self, place: int, described: Component) -> Scaler:
        with self.blamed_on_scaler(place):
            scaler: Scaler = component("scaler", described)
            return scaler

    @contextmanager
    def blamed_on_scaler(self, place: int) -> Iterator[None]:
        with blamed_on(self.resolved, "data", "scaling", place, name_of(self.data["scaling"][place])):
            yield

    @contextmanager
    def blamed_on_the_scaler(self) -> Iterator[None]:
        """The one that cannot take a value."""
        try:
            yield
        except UnscalableError as error:
            names = list(map(name_of, self.data["scaling"]))
            if names.count(error.scaler) != 1:
                raise
            path = ("data", "scaling", names.index(error.scaler))
            raise misfit(self.resolved, path, error.message, Remove(path)) from None

    def refuse_dates(self) -> None:
        for name in ("train", "test"):
            if isinstance(self.split[name], str):
                path, default = (*SPLIT, name), {"train": 0.8, "test": 0.1}[name]
                message = "a date divides a series with dates only"
                raise misfit(self.resolved, path, message, setting(self.resolved, path, default))


class _OfSeries(_Way):
    """Windows of series, which are cut in order."""

    useless: Mapping[str, str] = {}
    undivided: Mapping[str, str] = {
        **_Way.undivided,
        "method": "a series is cut in order: anything else would leak the future",
    }

    def __init__(self, raw: SeriesSet, resolved: Resolved) -> None:
        super().__init__(raw, resolved)
        window = self.data["window"]
        if window is None:
            message = "is missing: a series is cut into windows of so many values"
            fitting = max(1, min(50, min(map(len, raw.series)) // 4))
            raise misfit(resolved, ("data", "window"), message, Add(("data",), "window", fitting))
        self.cut = Cut(window, self.data["horizon"], self.data["strategy"] == "recursive")
        self.reach = sum(scaler.lag for scaler in self.scalers if isinstance(scaler, Difference))
        self.demand_what_can_be_fed_back()
        self.demand_room_for_differences()
        with blamed_on(resolved, "data"):
            demand_lengths(raw, self.cut, self.reach)
        self.demand_known(raw.channels)

    def demand_what_can_be_fed_back(self) -> None:
        if self.cut.recursive and (self.raw.past or self.raw.future) and self.cut.horizon > 1:
            message = "predictions can be fed back only where a model sees nothing but what it predicts"
            raise misfit(self.resolved, ("data", "strategy"), message, Remove(("data", "strategy")))

    def demand_room_for_differences(self) -> None:
        """ConfigError where they take so many values that no window of any length is left."""
        shortest = min(map(len, self.raw.series))
        if self.reach and self.reach + 1 + self.cut.horizon > shortest:
            lags = [scaler.lag if isinstance(scaler, Difference) else 0 for scaler in self.scalers]
            path = ("data", "scaling", lags.index(max(lags)))
            message = f"it takes {max(lags)} values before it gives one, but there are {shortest} in a series"
            raise misfit(self.resolved, path, message, Remove(path))

    def parts(self) -> list[Division]:
        if not self.raw.dated:
            self.refuse_dates()
        with blamed_on(self.resolved, *SPLIT):
            return divide(self.raw, self.cut, self.reach, self.split["train"], self.split["test"])

    def whole(self) -> list[Division]:
        return divide(self.raw, self.cut, self.reach, 1.0, 0)

    def fit(self, parts: list[Division]) -> Preparation:
        return Forecasting.fit(self.raw, self.cut, self.scalers, parts)


class _OfExamples(_Way):
    """Examples that a source gives one by one."""

    def __init__(self, raw: Examples | Table, resolved: Resolved) -> None:
        super().__init__(raw, resolved)
        self.demand_known(self.columns())
        differences = [i for i, scaler in enumerate(self.scalers) if isinstance(scaler, Difference)]
        paths: list[KeyPath] = [("data", "scaling", i) for i in differences]
        if paths:
            message = "only a series has values before a value"
            raise ConfigError(problem(resolved, path, message, [Remove(path)]) for path in paths)

    def columns(self) -> Sequence[str]:
        """Those that hold numbers."""
        shape = self.raw.inputs.shape
        features = self.raw.features or tuple(map(str, range(shape[-1] if len(shape) > 1 else 0)))
        return (*features, *self.raw.outputs)

    def examples(self) -> tuple[Runs, Runs]:
        """The numbers of those that may be used, and of those that came with the data as a test part."""
        count, given = len(self.raw.inputs), self.raw.test
        return Runs.span(0, count - given), Runs.span(count - given, count)

    def classes(self) -> Array | None:
        """The class of each example, if they have one each."""
        targets = self.raw.targets
        return targets if self.raw.labels and isinstance(targets, np.ndarray) and targets.ndim == 1 else None

    def groups(self, examples: Runs) -> Array | None:  # noqa: ARG002 - for a table
        return None

    def parts(self) -> Parts:
        self.refuse_dates()
        examples, given = self.examples()
        if len(given) and self.split["test"]:
            message = f"these data come with a test part of {len(given)} examples"
            raise misfit(self.resolved, (*SPLIT, "test"), message, Remove((*SPLIT, "test")))
        with blamed_on(self.resolved, *SPLIT):
            train, test = amounts(self.split["train"], self.split["test"], len(examples), "examples")
            parts = self.dealt(examples, train, test)
        every = Parts(*(examples.where(part) for _, part in parts.named()))
        return replace(every, test=given.where(slice(None))) if len(given) else every

    def dealt(self, examples: Runs, train: int, test: int) -> Parts:
        """The places among these examples of those in each part."""
        order, groups = self.order(examples), self.groups(examples)
        if groups is not None:
            return grouped(np.arange(len(examples)) if order is None else order, groups, train, test)
        return in_order(train, test, len(examples)) if order is None else dealt(order, train, test)

    def order(self, examples: Runs) -> Array | None:
        """The order in which these are dealt out; None for that in which they are."""
        if self.split["method"] == "order":
            return None
        if self.split["method"] == "random":
            return drawn(len(examples), self.seed)
        if (classes := self.classes()) is None:
            message = "classes are dealt out in proportion, and these examples have no class each"
            path = (*SPLIT, "method")
            raise misfit(self.resolved, path, message, setting(self.resolved, path, "random"))
        return stratified(np.unique(classes[examples[:]], return_inverse=True)[1], self.seed)

    def whole(self) -> Parts:
        examples, _ = self.examples()
        return Parts(examples.where(slice(None)), slice(0, 0), slice(0, 0))

    def fit(self, parts: Parts) -> Preparation:
        return Plain.fit(self.raw, self.scalers, parts)


class _OfTable(_OfExamples):
    """Rows of a table."""

    raw: Table
    undivided: Mapping[str, str] = {}

    def columns(self) -> Sequence[str]:
        names = (*self.raw.roles.inputs, *self.raw.roles.targets)
        return [name for name in names if self.raw.column(name).kind != "category"]

    def examples(self) -> tuple[Runs, Runs]:
        whole, first = self.raw.whole_rows(), len(self.raw.rows) - self.raw.test
        if whole is None:
            return Runs.span(0, first), Runs.span(first, first + self.raw.test)
        return Runs.of(np.flatnonzero(whole[:first])), Runs.of(first + np.flatnonzero(whole[first:]))

    def classes(self) -> Array | None:
        target = self.raw.roles.targets[0]
        return self.raw.values(target) if self.raw.column(target).kind == "category" else None

    def groups(self, examples: Runs) -> Array | None:
        if self.split["group"] is None:
            return None
        path, name = (*SPLIT, "group"), self.split["group"]
        try:
            if self.raw.column(name).kind == "text":
                message = f"column {quoted(name)} seems to have another text in each row, which tells no groups apart"
                raise DataError(message, "name it among the `categories` of the source", setting="group")
            groups: Array = self.raw.values(name)[examples[:]]
            return groups
        except NoColumnError as error:
            raise no_column(self.resolved, path, error) from None

    def fit(self, parts: Parts) -> Preparation:
        return Tabular.fit(self.raw, self.scalers, parts)


class _OfText(_Way):
    """Text, with the next token as the target at each step."""

    useless = {name: message for name, message in OF_SERIES.items() if name != "window"} | {
        "scaling": "text is no numbers that could be scaled"
    }

    def __init__(self, raw: Corpus, resolved: Resolved) -> None:
        super().__init__(raw, resolved)
        window = self.data["window"]
        if isinstance(raw, RunningText) and window is None:
            message = "is missing: a text is cut into windows of so many tokens"
            raise misfit(resolved, ("data", "window"), message, Add(("data",), "window", 50))
        if isinstance(raw, Lines) and window is not None:
            message = "each line is an example: there are no windows"
            raise misfit(resolved, ("data", "window"), message, Remove(("data", "window")))

    def parts(self) -> TextParts:
        self.refuse_dates()
        whole = len(self.raw)
        with blamed_on(self.resolved, *SPLIT):
            what = "lines" if isinstance(self.raw, Lines) else "characters"
            train, test = amounts(self.split["train"], self.split["test"], whole, what)
        random = self.split["method"] == "random" and isinstance(self.raw, Lines)
        if self.split["method"] != "order" and not random:
            message = "a text is cut in order" if isinstance(self.raw, RunningText) else "lines have no classes"
            raise misfit(self.resolved, (*SPLIT, "method"), message, Remove((*SPLIT, "method")))
        parts = dealt(drawn(whole, self.seed), train, test) if random else in_order(train, test, whole)
        return TextParts(*(self.raw[part] for _, part in parts.named()))

    def whole(self) -> TextParts:
        return TextParts(self.raw, self.raw[:0], self.raw[:0])

    def fit(self, parts: TextParts) -> Preparation:
        with blamed_on(self.resolved, "data"):
            return Texts.fit(parts.train, self.data["window"])


def told(raw: Any, resolved: Resolved) -> Any:
    """Raw data as what the config takes them for: with a window, a table is series."""
    if not isinstance(raw, Table):
        return raw
    with blamed_on_source(resolved):
        if resolved.values["data"]["window"] is not None:
            demand_series(raw, resolved)
            return raw.as_series()
        demand_rows(raw, resolved)
        raw = _without_group(raw, resolved)
        raw.demand_usable()
        return raw


def _without_group(table: Table, resolved: Resolved) -> Table:
    """What tells groups apart is no input, unless the config names it as one."""
    named = settings_in(resolved.values["data"]["source"]).get("inputs")
    group = resolved.values["data"]["split"]["group"]
    if named is not None or group not in table.roles.inputs:
        return table
    others = tuple(name for name in table.roles.inputs if name != group)
    return replace(table, roles=replace(table.roles, inputs=others))


def _way(raw: Any, resolved: Resolved) -> _Way:
    match raw:
        case SeriesSet():
            return _OfSeries(raw, resolved)
        case Examples():
            return _OfExamples(raw, resolved)
        case Table():
            return _OfTable(raw, resolved)
        case RunningText() | Lines():
            return _OfText(raw, resolved)
    raise AssertionError(f"no source gives {type(raw).__name__}")
