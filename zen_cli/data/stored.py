"""Preparations of every kind, as a checkpoint keeps them: what is read is checked before anything is made of it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, Strict, TypeAdapter, ValidationError, model_validator

from zen_cli.data.dataset import Preparation
from zen_cli.data.forecasting import Forecasting
from zen_cli.data.plain import Plain
from zen_cli.data.tabular import Tabular
from zen_cli.data.text.tokens import END, UNKNOWN, Kind
from zen_cli.data.texts import Texts
from zen_cli.settings import LARGEST

KINDS: Mapping[str, type[Preparation]] = {made.kind: made for made in (Forecasting, Plain, Tabular, Texts)}


def stored(preparation: Preparation) -> dict[str, Any]:
    """As plain data."""
    return {"kind": preparation.kind, **preparation.state()}


def preparation_from(state: Any) -> Preparation:
    """The preparation that was `stored`. ValueError where none was."""
    try:
        FORMS.validate_python(state)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:100]
        raise ValueError(f"its preparation cannot be read: {where!a}: {first['msg'][:100]}") from None
    return KINDS[state["kind"]].from_state(state)


# --- what they look like ---

Place = Annotated[int, Field(ge=0, le=LARGEST)]
Size = Annotated[int, Field(ge=1, le=LARGEST)]
Table = list[list[float]]
AsList = Strict(False)  # JSON has no tuples


class Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class AffineForm(Form):
    stage: Literal["Affine"]
    columns: list[Place]
    center: Table
    scale: Table
    low: FiniteFloat
    high: FiniteFloat

    @model_validator(mode="after")
    def demand_tables(self) -> "AffineForm":
        if not self.center or len(self.center) != len(self.scale):
            raise ValueError("a scaler has as many centers as scales")
        if {len(row) for row in (*self.center, *self.scale)} != {len(self.columns)}:
            raise ValueError("a scaler has a number for each column")
        if any(0 in row for row in self.scale):
            raise ValueError("a scale is not zero")
        return self


class LogarithmForm(Form):
    stage: Literal["Logarithm"]
    columns: list[Place]


class LaggedForm(Form):
    stage: Literal["Lagged"]
    columns: list[Place]
    lag: Size


class ScalingForm(Form):
    columns: list[str]
    stages: list[Annotated[AffineForm | LogarithmForm | LaggedForm, Field(discriminator="stage")]]

    @model_validator(mode="after")
    def demand_places(self) -> "ScalingForm":
        for stage in self.stages:
            if stage.columns != sorted(set(stage.columns)) or any(i >= len(self.columns) for i in stage.columns):
                raise ValueError("a scaler's columns are places of its own, in order")
        return self

    def demand_columns(self, names: list[str]) -> None:
        if self.columns != names:
            raise ValueError("the scalers are for other columns")

    def demand_series(self, count: int) -> None:
        tables = [stage.center for stage in self.stages if isinstance(stage, AffineForm)]
        if any(len(table) not in (1, count) for table in tables):
            raise ValueError("a scaler is for all series, or for each")


class ForecastingForm(Form):
    kind: Literal["forecast"]
    cut: Annotated[tuple[Size, Size, bool], AsList]
    channels: Annotated[list[str], Field(min_length=1)]
    past: Place
    future: Place
    labels: Annotated[list[str], Field(min_length=1)]
    scaling: ScalingForm
    naive_errors: dict[Annotated[str, Field(pattern="^[1-9][0-9]{0,15}$")], list[float]]

    @model_validator(mode="after")
    def demand_channels(self) -> "ForecastingForm":
        targets = len(self.channels) - self.past - self.future
        if targets < 1 or any(len(errors) != targets * self.cut[1] for errors in self.naive_errors.values()):
            raise ValueError("something is predicted, and there is a naive error for each number of it")
        self.scaling.demand_columns(self.channels)
        self.scaling.demand_series(len(self.labels))
        return self


class PlainForm(Form):
    kind: Literal["examples"]
    labels: list[str]
    names: list[str]
    input_shape: list[Size]
    target_shape: list[Size]
    lengths_vary: bool
    features: ScalingForm
    outputs: ScalingForm | None

    @model_validator(mode="after")
    def demand_outputs(self) -> "PlainForm":
        if bool(self.labels) == (self.outputs is not None):
            raise ValueError("targets are classes, or else numbers that are scaled")
        if self.outputs:
            self.outputs.demand_columns(self.names)
            if self.target_shape != [len(self.names)]:
                raise ValueError("each number of a target has a name")
        if self.features.stages and self.input_shape[-1:] != [len(self.features.columns)]:
            raise ValueError("the scalers are for other inputs")
        return self


class TabularForm(Form):
    kind: Literal["table"]
    labels: list[str]
    targets: Annotated[list[str], Field(min_length=1)]
    features: list[Annotated[tuple[str, list[str], float | None], AsList]]
    numbers: ScalingForm
    outputs: ScalingForm | None

    @model_validator(mode="after")
    def demand_columns(self) -> "TabularForm":
        if bool(self.labels) == (self.outputs is not None):
            raise ValueError("a target is a category, or else a number that is scaled")
        if self.outputs:
            self.outputs.demand_columns(self.targets)
        self.numbers.demand_columns([name for name, labels, _ in self.features if not labels])
        if any(labels and fill is not None and fill not in range(len(labels)) for _, labels, fill in self.features):
            raise ValueError("a missing category is filled in by a known one")
        return self


class VocabularyForm(Form):
    tokens: Kind
    lower: bool
    labels: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def demand_tokens(self) -> "VocabularyForm":
        unknown, *known = self.labels
        if unknown != UNKNOWN or len(set(self.labels)) < len(self.labels):
            raise ValueError("the first token is the unknown, and each is there once")
        if self.tokens == "characters" and set(map(len, known)) - {1}:
            raise ValueError("a character is one character")
        return self


class TextsForm(Form):
    kind: Literal["text"]
    vocabulary: VocabularyForm
    lines: bool
    window: Size

    @model_validator(mode="after")
    def demand_an_end(self) -> "TextsForm":
        if self.lines and END not in self.vocabulary.labels:
            raise ValueError("the end of a line is a token")
        return self


FORMS: TypeAdapter[Any] = TypeAdapter(
    Annotated[ForecastingForm | PlainForm | TabularForm | TextsForm, Field(discriminator="kind")]
)
