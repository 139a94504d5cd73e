"""What is said about settings: that all of it is there and right, how it is found, and `zen explain`."""

import io
import shlex

import pytest
from conftest import SERIES, changed, run_zen
from rich.console import Console

from zen_cli.config.build import read_config
from zen_cli.config.guide import topics, usage
from zen_cli.config.guide.topics import Component, Kind, Leaf, Section, find
from zen_cli.config.language.docs import describe_setting, document
from zen_cli.config.language.examples import example
from zen_cli.config.language.registry import COMPONENTS, settings_in_yaml, settings_of
from zen_cli.errors import UserError
from zen_cli.report import explanations
from zen_cli.report.explanations import Page

EVERY_COMPONENT = [Component(kind, name) for kind, components in COMPONENTS.items() for name in components]
EVERY_SECTION = list(topics.sections())
SETTINGS = {c: settings_in_yaml(c.kind, c.name) for c in EVERY_COMPONENT} | {
    s: settings_of(s.made) for s in EVERY_SECTION
}
EVERY_SETTING = [(owner, name) for owner, settings in SETTINGS.items() for name in settings]
EVERY_LEAF = [topic for owner in SETTINGS for topic in topics.inside(owner).values() if isinstance(topic, Leaf)]
EVERY_TOPIC = [*map(Kind, COMPONENTS), *EVERY_COMPONENT, *EVERY_SECTION, *EVERY_LEAF]
BASE = changed(SERIES, "    Curve: {expression: sin(x), points: 20}\n", "    Digits\n")


def title(topic):
    return f"{getattr(topic, 'kind', '')} {topic.title}"


# --- docstrings ---


def sample():
    """What it is. A 3 .. 4 of Rumelhart et al. 1986 is no end.

    Prose: with a colon, and
    rate: in the midst of it.

    rate: The share,
        all of it.
    k: A number.

    rate: is prose
    as the next line is not indented.
    """


def test_a_docstring_is_parted():
    found = document(sample)
    assert found.summary == "What it is."
    assert found.settings == {"rate": "The share, all of it.", "k": "A number."}
    assert [paragraph.split()[0] for paragraph in found.text.split("\n\n")] == ["What", "Prose:", "rate:"]


def test_a_line_is_inherited_and_may_be_said_anew():
    class Base:
        """Base.

        a: Of the base.
        b: Of the base.
        """

    class Derived(Base):
        """Derived.

        b: Of its own.
        """

    assert document(Derived).settings == {"a": "Of the base.", "b": "Of its own."}
    assert (document(Derived).summary, describe_setting(Derived, "c")) == ("Derived.", "")


def test_there_are_settings_to_check():
    assert len(EVERY_SETTING) > 200


@pytest.mark.parametrize(("owner", "name"), EVERY_SETTING, ids=[f"{o.title}.{name}" for o, name in EVERY_SETTING])
def test_every_setting_has_a_line(owner, name):
    line = describe_setting(owner.made, name)
    assert 10 < len(line) < 270
    assert line[0].isupper()
    assert line.endswith((".", ".)"))
    assert "default" not in line  # it is printed from the signature


@pytest.mark.parametrize("owner", SETTINGS, ids=title)
def test_every_line_is_of_a_setting(owner):
    assert document(owner.made).settings.keys() <= SETTINGS[owner].keys()


@pytest.mark.parametrize("owner", SETTINGS, ids=title)
def test_everything_has_a_summary(owner):
    assert 0 < len(document(owner.made).summary) < 150


# --- examples ---


@pytest.mark.parametrize("topic", EVERY_TOPIC, ids=title)
def test_examples_are_right(topic, tmp_path, monkeypatch):
    """In a file the example is accepted; on a command line it is, too, and says the same."""
    monkeypatch.chdir(tmp_path)  # paths in an argument start from here
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    lines = usage.in_file(topic)
    extends = "" if lines.startswith("extends") else "extends: base.yaml\n"
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"{extends}{lines}\n", encoding="utf-8")
    in_file = read_config(mine, ())[1].values
    override = shlex.split(usage.as_override(topic))
    by_override = read_config(mine, override)[1].values
    if isinstance(topic, Leaf | Kind | Component):
        for block, key in ((by_override, "metrics"), (by_override["data"], "scaling")):  # to which an override adds
            block[key] = block[key][:1]
        assert by_override == in_file
    if isinstance(topic, Leaf):
        assert bool(override) == (topic.title != "extends")


@pytest.mark.parametrize("leaf", EVERY_LEAF, ids=title)
def test_an_example_is_not_the_default(leaf):
    assert example(leaf.setting) != leaf.setting.default


# --- names ---

RNN, ADAM = Component("layer", "RNN"), Component("optimizer", "Adam")
FOUND = [
    ("RNN", ["RNN"]),
    ("rnn", ["RNN"]),
    ("RNN.hidden_dim", ["RNN.hidden_dim"]),
    ("rnn.Hidden_Dim", ["RNN.hidden_dim"]),
    ("layer", ["layers"]),
    ("layers", ["layers"]),
    ("losses", ["losses"]),
    ("loss", ["losses"]),
    ("model", ["layers"]),
    ("model.0", ["layers"]),
    ("metrics", ["metrics"]),
    ("data", ["data"]),
    ("data.split", ["data.split"]),
    ("split", ["data.split"]),
    ("split.train", ["data.split.train"]),
    ("train", ["data.split.train", "UCR.train"]),
    ("scaler", ["scalers"]),
    ("scaling", ["scalers"]),
    ("data.scaling.0.MinMax.low", ["MinMax.low"]),
    ("data.source.CSV.file", ["CSV.file"]),
    ("training", ["training"]),
    ("training.epochs", ["training.epochs"]),
    ("epochs", ["training.epochs", "WarmUp.epochs"]),
    ("window", ["data.window"]),
    ("extends", ["extends"]),
    ("seed", ["seed"]),
    ("source", ["sources"]),
    ("data.source.Curve.points", ["Curve.points"]),
    ("optimizer.RMSProp.lr", ["RMSProp.lr"]),
    ("model.0.RNN.hidden_dim", ["RNN.hidden_dim"]),
    ("model.RNN.hidden_dim", ["RNN.hidden_dim"]),
    ("model.head.Linear.units", ["Linear.units"]),
    ("model.head.Linear.name", ["Linear.name"]),
    ("model.2.Residual.layers.0.Linear.initializer.He.distribution", ["He.distribution"]),
    ("schedule.WarmUp.then", ["WarmUp.then"]),
    ("schedule.WarmUp.then.Cosine.final", ["Cosine.final"]),
    ("Reshape.shape.0", ["Reshape.shape"]),
    ("Constant", ["Constant", "Constant"]),
    ("Constant.value", ["Constant.value"]),
    ("mae", ["MAE", "MAE"]),
    ("momentum", ["Momentum", "BatchNorm.momentum"]),
    ("beta2", ["Adam.beta2", "AdamW.beta2"]),
    ("optimizer.beta2", ["Adam.beta2", "AdamW.beta2"]),
]
UNKNOWN = [
    ("RN", "did you mean `RNN`?"),
    ("Dense", "did you mean `Linear`?"),
    ("learning_rate", "did you mean `lr`?"),
    ("RNN.hiden_dim", "did you mean `RNN.hidden_dim`?"),
    ("model.0.RNN.hiden_dim", "did you mean `model.0.RNN.hidden_dim`?"),
    ("trainig.epochs", "did you mean `training.epochs`?"),
    ("trainig.epoch", "did you mean `training`?"),
    ("model.head.Linear.unts", "did you mean `model.head.Linear.units`?"),
    ("training.epoch", "did you mean `training.epochs`?"),
    ("optimizer.0", "`zen explain` lists what there is"),
    ("training.epochs.x", "`zen explain` lists what there is"),
    ("", "`zen explain` lists what there is"),
    (".", "`zen explain` lists what there is"),
    ("RNN.", "`zen explain` lists what there is"),
    ("\x1b[31m", "`zen explain` lists what there is"),
]


@pytest.mark.parametrize(("name", "expected"), FOUND)
def test_names_are_found(name, expected):
    assert [topic.title for topic in find(name)] == expected


@pytest.mark.parametrize(("name", "hint"), UNKNOWN)
def test_unknown_names_get_the_nearest(name, hint):
    with pytest.raises(UserError) as caught:
        find(name)
    assert caught.value.hint == hint
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("topic", EVERY_TOPIC, ids=title)
def test_everything_is_found_by_its_title(topic):
    if topic != topics.FILE:
        alike = [Leaf] if isinstance(topic, Leaf) else [Kind, Component, Section]
        assert [found for found in find(topic.title) if type(found) in alike]


COMPLETED = [
    ("RN", ["RNN"]),
    ("rn", ["RNN"]),
    ("training.e", ["training.epochs"]),
    ("model.RNN.h", ["model.RNN.hidden_dim"]),
    ("data.s", ["data.source", "data.strategy", "data.season", "data.scaling", "data.split"]),
    ("weight", ["weights", "weight_decay"]),
    ("nothing.of", []),
]


@pytest.mark.parametrize(("begun", "expected"), COMPLETED)
def test_names_are_completed(begun, expected):
    assert topics.names_below(begun) == expected


# --- pages ---


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("topic", EVERY_TOPIC, ids=title)
def test_a_page_is_as_wide_as_it_may_be(topic, width):
    text, _, examples = Page(width).of([topic]).partition("  In a file:\n")
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert examples
    for name in SETTINGS.get(topic, ()):
        assert f"\n  {name}: " in text


def test_settings_of_several_owners_are_said_once():
    page = Page(100).of(find("lr"))
    assert page.count("learning rate") == 1
    defaults = "default 0.1 in SGD, 0.01 in Adagrad, Momentum, Nesterov and RMSProp, 0.001 in Adam and AdamW"
    assert defaults in " ".join(page.split())
    assert Page(100).of(find("beta2")).splitlines()[2] == "  a number >= 0 and < 1, default 0.999"


PAGE = """\
Step.every

  a whole number >= 1, required

  How many epochs lie between two drops of the rate.

  In a file:
      schedule:
        Step: {every: 10}
  On the command line:
      zen train mine.yaml schedule.Step.every=10
"""


def test_a_page_in_a_pipe_is_plain():
    assert run_zen("explain", "step.EVERY") == type(run_zen("explain"))(0, PAGE, "")


def test_without_argument_all_that_there_is_is_listed():
    outcome = run_zen("explain")
    assert outcome.code == 0
    words = set(outcome.out.replace(",", " ").split())
    assert words >= {*settings_of(topics.FILE.made), *(name for names in COMPONENTS.values() for name in names)}


def test_an_unknown_name_is_the_users_mistake():
    outcome = run_zen("explain", "RNN.hiden_dim")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "zen: there is nothing called 'RNN.hiden_dim': did you mean `RNN.hidden_dim`?\n"


def on_terminal(monkeypatch, name, **environment):
    given = {"highlight": False, "markup": False, "force_terminal": True, "width": 60, "_environ": environment}
    monkeypatch.setattr(explanations, "PlainConsole", lambda out: Console(file=out, **given))
    out = io.StringIO()
    explanations.show(find(name), out)
    return out.getvalue()


def test_a_terminal_gets_colours_in_place_of_backticks(monkeypatch):
    shown = on_terminal(monkeypatch, "RNN", TERM="xterm-256color")
    assert "\x1b[1mRNN\x1b[0m, a layer\n" in shown
    assert "\x1b[36mreturn_sequences\x1b[0m" in shown
    assert "`" not in shown


def test_no_color_is_heeded(monkeypatch):
    shown = on_terminal(monkeypatch, "RNN", TERM="xterm-256color", NO_COLOR="1")
    assert "\x1b[36m" not in shown
