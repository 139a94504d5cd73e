"""Tables in CSV files."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal

from zen_cli.data.dataset import Preparation
from zen_cli.data.forecasting import Forecasting
from zen_cli.data.formats.opening import demand_a_regular_file
from zen_cli.data.series import Missing, SeriesSet
from zen_cli.data.sources.base import Source, blaming
from zen_cli.data.table import Frame, NoColumnError, read_frame
from zen_cli.data.tables import Gaps, Roles, Table, Unseen
from zen_cli.data.tabular import Tabular
from zen_cli.errors import DataError, quoted
from zen_cli.settings import File

Delimiter = Literal[",", ";", "\t", "|", " "]
ONE_COLUMN = ("target", "index", "series")  # settings that take a name alone


class CSV(Source):
    """A table in a CSV file with a line of column names, gzipped or not.

    With `data.window`, its rows are a series, or several. Without, each row is an example: a number or a category is
    told from the other columns. What the file looks like is found out and can be said; a cell that does not fit its
    column is named by line and column.

    file: The path of the file, from where this config lies.
    target: The column to predict, or a list of several. Of a table, a column of words is told as classes, and one of
        numbers as a number, unless `categories` says otherwise.
    inputs: The columns of a table that the target is told from; null takes all others that hold numbers or categories.
    index: The column of a series that holds dates, or numbers that go up; null counts the rows.
    series: The column that tells several series apart.
    past: Columns of a series that help to predict, and are known up to the present.
    future: Columns of a series that help to predict, and are known in advance too, such as holidays.
    categories: Columns that hold categories although they look like numbers, such as postal codes.
    test_file: Another file of the same columns, whose rows are the test part; not of a series, which ends with its own.
    missing: What to do with missing cells: error refuses them, drop leaves out rows or windows that have one, fill
        takes the last known value of a series, and of a table the median or most frequent category that trains, and
        interpolate draws a line through a gap in a series.
    gaps: What to do where dates of a series are missing: error refuses them, missing makes them missing values, and
        ignore lets the rows just follow each other, as days of trading do.
    unseen: What to do with a category that the training part does not have: error refuses it, zeros lets it be none.
    delimiter: What stands between cells; null finds it out.
    decimal: What stands before decimals; null finds it out.
    encoding: How the text is encoded, such as latin-1.
    """

    def __init__(
        self,
        file: File,
        target: str | list[str],
        *,
        inputs: list[str] | None = None,
        index: str | None = None,
        series: str | None = None,
        past: Sequence[str] = (),
        future: Sequence[str] = (),
        categories: Sequence[str] = (),
        test_file: File | None = None,
        missing: Missing = "error",
        gaps: Gaps = "error",
        unseen: Unseen = "error",
        delimiter: Delimiter | None = None,
        decimal: Literal[".", ","] | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.file = file
        self.targets = (target,) if isinstance(target, str) else tuple(target)
        self.inputs = inputs
        self.index = index
        self.series = series
        self.past = tuple(past)
        self.future = tuple(future)
        self.categories = tuple(categories)
        self.test_file = test_file
        self.missing: Missing = missing
        self.gaps: Gaps = gaps
        self.unseen: Unseen = unseen
        self.delimiter = delimiter
        self.decimal = decimal
        self.encoding = encoding
        self.besides: tuple[str, ...] = ()

    def load(self, seed: int) -> Table:  # noqa: ARG002 - nothing is random here
        frame = self._training_frame()
        self._demand_one_role_each()
        frames = [frame] if self.test_file is None else [frame, self._test_frame(self.test_file, frame)]
        return self._table(frames, self.inputs or self._useful(frame))

    def _training_frame(self) -> Frame:
        names = [name for name in (*self.categories, self.series) if name is not None]
        try:
            with blaming("file"):
                demand_a_regular_file(self.file)
                frame = self._frame(self.file, only=self._read, kinds=dict.fromkeys(names, "category"))
                for name in chain.from_iterable(self._named.values()):
                    frame.index(name)
        except NoColumnError as error:
            raise self._misnamed(error) from None
        return frame

    def _test_frame(self, path: str, like: Frame) -> Frame:
        unseen = "none" if self.unseen == "zeros" else "refuse"
        with blaming("test_file"):
            demand_a_regular_file(path)
            return self._frame(path, only=like.names, kinds=like.kinds, labels=like.labels, unseen=unseen)

    def read(self, path: str, prepared: Preparation) -> Table | SeriesSet:
        if isinstance(prepared, Forecasting):
            apart = [name for name in (self.index, self.series) if name is not None]
            kinds = dict.fromkeys(prepared.channels, "number") | ({self.series: "category"} if self.series else {})
            frame = self._frame(path, only=[*apart, *prepared.channels], kinds=kinds)
            return self._table([frame], ()).as_series(demand_targets=False)
        assert isinstance(prepared, Tabular)
        names = [feature.name for feature in prepared.features]
        labels = {feature.name: feature.labels for feature in prepared.features if feature.labels}
        if prepared.task.labels:
            labels[self.targets[0]] = prepared.task.labels
        frame = self._frame(
            path,
            only=names,
            optional=self.targets,
            kinds={name: "number" for name in (*names, *self.targets) if name not in labels},
            labels=labels,
            unseen="none" if self.unseen == "zeros" else "refuse",
        )
        table = self._table([frame], names)
        table.demand_usable(demand_targets=False)
        return table

    def _frame(self, path: str, **settings: Any) -> Frame:
        return read_frame(path, delimiter=self.delimiter, decimal=self.decimal, encoding=self.encoding, **settings)

    def _table(self, frames: Sequence[Frame], inputs: Sequence[str]) -> Table:
        roles = Roles(self.targets, tuple(inputs), self.index, self.series, self.past, self.future)
        return Table(tuple(frames), roles, self.missing, self.gaps, self.unseen)

    def also_read(self, column: str) -> None:
        self.besides = (column,)

    @property
    def _read(self) -> list[str] | None:
        """The columns to read: with `inputs`, no others than are named."""
        named = chain.from_iterable(self._named.values())
        return None if self.inputs is None else list(dict.fromkeys([*named, *self.besides]))

    @property
    def _named(self) -> dict[str, tuple[str, ...]]:
        """The columns that each setting names."""
        alone = {"index": self.index, "series": self.series}
        return {
            "target": self.targets,
            **{setting: () if name is None else (name,) for setting, name in alone.items()},
            "inputs": tuple(self.inputs or ()),
            "past": self.past,
            "future": self.future,
            "categories": self.categories,
        }

    def _misnamed(self, error: NoColumnError) -> DataError:
        """Blames the setting that names the column which is not there, if one of its own does."""
        setting, names = next(((key, names) for key, names in self._named.items() if error.column in names), ("", ()))
        if not setting:
            error.setting = ""
            return error
        meant = [error.nearest if name == error.column else name for name in names]
        instead = {setting: meant[0] if setting in ONE_COLUMN and len(meant) == 1 else meant}
        return DataError(error.message, error.hint, setting=setting, instead=instead if error.nearest else {})

    def _demand_one_role_each(self) -> None:
        """DataError where a column is named for two things, or twice for one."""
        roles: dict[str, str] = {}
        for setting, names in self._named.items():
            for place, name in enumerate(names if setting != "categories" else ()):
                if name in roles:
                    other = [*names[:place], *(each for each in names[place + 1 :] if each != name)]
                    how = "twice" if roles[name] == setting else f"as `{roles[name]}` already"
                    raise DataError(f"column {quoted(name)} is named {how}", setting=setting, instead={setting: other})
                roles[name] = setting

    def _useful(self, frame: Frame) -> list[str]:
        """The columns that hold numbers or categories and are not for something else."""
        taken = {*self.targets, self.index, self.series}
        return [c.name for c in frame.columns if c.kind in ("number", "category") and c.name not in taken]
