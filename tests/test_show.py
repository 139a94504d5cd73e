"""`zen show`: all of a config, with origins, as a config."""

import itertools

import pytest
from conftest import CONFIGS, SERIES, resolved, run_zen

from zen_cli.config.build import read_config
from zen_cli.config.text.reader import plain_scalar, read_text
from zen_cli.config.text.written import flow

EVERY = sorted([*CONFIGS.glob("*.yaml"), *CONFIGS.with_name("tests").glob("configs/*.yaml")])


@pytest.mark.parametrize("config", EVERY, ids=[path.stem for path in EVERY])
def test_what_is_shown_is_the_same_config(config, tmp_path):
    outcome = run_zen("show", config)
    assert (outcome.code, outcome.err) == (0, "")
    (tmp_path / "full.yaml").write_text(outcome.out, encoding="utf-8")
    assert read_config(tmp_path / "full.yaml", ())[1].values == read_config(config, ())[1].values


def shown(text, *arguments, folder):
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    outcome = run_zen("show", folder / "mine.yaml", *arguments)
    assert outcome.code == 0, outcome.err
    lines = (line.partition("  # ") for line in outcome.out.splitlines())
    return {yaml.strip(): origin for yaml, _, origin in lines}


def test_each_value_has_its_origin(tmp_path):
    (tmp_path / "base.yaml").write_text(SERIES, encoding="utf-8")
    text = "extends: base.yaml\nseed: 3\nmetrics:\n- MAE\n"
    found = shown(text, "optimizer.RMSProp.lr=1e-3", "metrics+=R2", folder=tmp_path)
    expected = {
        "expression: sin(x)": "base.yaml:4",
        "noise: 0.0": "default",
        "window: 5": "base.yaml:5",
        "loss: MSE": "base.yaml:12",
        "lr: 0.001": "optimizer.RMSProp.lr=1e-3",
        "beta: 0.9": "default",
        "schedule: null": "default",
        "- MAE": "mine.yaml:4",
        "- R2": "metrics+=R2",
        "seed: 3": "mine.yaml:2",
        "data:": "",
    }
    assert {yaml: found[yaml] for yaml in expected} == expected


def test_an_odd_override_breaks_no_line(tmp_path):
    found = shown(SERIES, "data.source.Curve.expression=sin(x) +\n  0*x  # zero", folder=tmp_path)
    assert found["expression: sin(x) + 0*x"] == r"data.source.Curve.expression=sin(x) +\n  0*x  # zero"


def test_nothing_wrong_is_shown(tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: -1", encoding="utf-8")
    outcome = run_zen("show", tmp_path / "mine.yaml")
    assert (outcome.code, outcome.out) == (2, "")


# --- values as YAML ---

TEXTS = [
    "a",
    "sin(x)",
    "1",
    "1e-3",
    "true",
    "null",
    "~",
    "",
    " a",
    "a ",
    "a: b",
    "a #b",
    "-",
    "- a",
    "[a]",
    "'",
    '"',
    "\\",
]
TEXTS += ["no", "12:30", ".5", ".inf", "@a", "%a", "&a", "*a", "!a", "|", ">", "?", "<<", "é", "\u2028", "\x85", "a\tb"]
TEXTS += ["日本", "a\nb", "\U0001f600", "0x1f", "0o7", "a, b", "{a}", "---", "...", "x" * 300]
NUMBERS = [0, 1, -1, 10**30, 0.0, -0.0, 1.0, 5e-4, 1e-10, 1e22, 1e300, 0.1, True, False, None]


def back(written):
    return read_text(f"x={written}", "test", value_at=2).plain()


@pytest.mark.parametrize("value", [*TEXTS, *NUMBERS], ids=ascii)
def test_a_value_is_read_as_it_was_written(value):
    for whole in (value, [value, value], {"key": value}, {"key": [value, {"a b": value}]}):
        found = back(flow(whole))
        assert found == whole
        assert repr(found) == repr(whole)


def test_only_what_needs_quotes_has_them():
    assert [flow(text) for text in ("sin(x)", "valid", "a.yaml", "no", "head-2")] == [
        "sin(x)",
        "valid",
        "a.yaml",
        "no",
        "head-2",
    ]
    for text in map("".join, itertools.product("-.:#0e ", repeat=3)):
        assert back(flow(text)) == text
        assert plain_scalar(text) == text or flow(text).startswith('"')


def test_what_is_shown_of_names(tmp_path):
    found = shown(SERIES.replace("- Linear: 4", "- Linear: {units: 4, name: head}"), folder=tmp_path)
    assert found["name: head"] == "mine.yaml:10"
    assert "name: null" not in found
    assert resolved(SERIES)["model"][2] == {"Linear": {"units": 4, "initializer": None}}
