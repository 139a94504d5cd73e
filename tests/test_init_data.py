"""`zen init --data`: what it makes of files of every kind, that it trains, and that every word in it is true."""

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import CONFIGS, resolved, run_zen
from data_files import (
    a_decimal_comma,
    a_rare_class,
    a_regression,
    a_series,
    a_table,
    a_wide_table,
    an_unknown_end,
    an_unpriced_table,
    csv,
    date,
    folder_of_images,
    gappy_hours,
    hardly_any_values,
    idx,
    idx_images,
    in_latin,
    lines_of_names,
    missing_values,
    npz_images,
    npz_of_odd_names,
    npz_rows,
    numbered_series,
    rows_of_patients,
    running_text,
    several_series,
    squares,
    three_rows,
    trading_days,
    ucr_ts,
    weekly,
    with_covariates,
    without_names,
)

from zen_cli.config.build import open_config
from zen_cli.config.language.registry import COMPONENTS, settings_of
from zen_cli.config.language.schema import Config, Data, Split, Training
from zen_cli.metric import more_is_better

DATA = CONFIGS / "data"
SHIPPED = sorted(path for path in DATA.iterdir() if path.suffix != ".md")
GOLDEN = Path(__file__).parent / "proposals"
PARTLY = 1.15  # times the error of the best baseline: as near as a first config is to be


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty directory to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(*arguments):
    """The text of the config for a file, and what was told of it."""
    outcome = run_zen("init", "--data", *arguments, "-")
    assert outcome.code == 0, outcome.err
    return outcome.out, outcome.err


def config_of(*arguments):
    return resolved(proposed(*arguments)[0])


# --- files of every kind ---

# How a file is made, what is told of it, and what its config says, by paths.
KINDS = [
    (
        a_series,
        "120 rows from 2020-01-01 to 2020-04-29, every day; season 7; target 'sold'",
        {"data.window": 9, "data.horizon": 7, "data.season": 7, "source.index": "date"},
    ),
    (several_series, "in 2 series told apart by 'shop', every day", {"source.series": "shop", "data.window": 9}),
    (numbered_series, "in 2 series told apart by 'Store'", {"source.series": "Store", "source.index": "Date"}),
    (with_covariates, "other columns with numbers: 'rain'", {"source.target": "temp", "source.past": []}),
    (a_decimal_comma, "its numbers have a decimal comma", {"source.target": "Umsatz", "source.index": "Datum"}),
    (gappy_hours, "12 dates missing", {"source.gaps": "missing", "source.missing": "fill", "data.season": 24}),
    (trading_days, "every business day", {"source.gaps": "ignore", "source.missing": "error", "data.horizon": 5}),
    (missing_values, "6 cells of 'v' missing", {"source.missing": "fill", "source.gaps": "error"}),
    (an_unknown_end, "10 cells of 'v' missing", {"split.test": 25, "data.horizon": 7}),
    (hardly_any_values, "160 cells of 'v' missing", {"data.horizon": 1, "source.missing": "fill"}),
    (three_rows, "3 rows", {"data.window": 1, "data.horizon": 1, "interval": None}),
    (without_names, "150 rows; season 19; target '1'", {"source.index": None, "source.target": "1"}),
    (
        a_table,
        "left out: 'flat' is the same in every row",
        {"source.target": "kind", "source.inputs": ["a", "b"], "split.method": "stratified"},
    ),
    (a_rare_class, "2 classes (0:", {"source.categories": ["fraud"], "loss": "balanced", "source.inputs": None}),
    (a_wide_table, "and 50 more", {"source.inputs": [f"gene {i}" for i in range(60)]}),
    (
        a_regression,
        "14 cells of the inputs are missing",
        {"source.missing": "fill", "split.method": "random", "source.unseen": "error"},
    ),
    (rows_of_patients, "'patient_id' tells whose row it is", {"split.group": "patient_id", "source.inputs": ["dose"]}),
    (an_unpriced_table, "16 rows have no 'price'", {"source.missing": "drop"}),
    (in_latin, "its text is iso8859-1", {"source.encoding": "latin-1"}),
    (idx_images, "100 images of 12 x 12 x 1, 20 of them a test part", {"split.test": 0, "split.train": 0.8}),
    (npz_images, "80 images of 12 x 12", {"source.inputs": None, "split.test": 0.2}),
    (npz_of_odd_names, "60 examples of 20 x 2; 2 classes", {"source.inputs": "waves", "source.targets": "sorts"}),
    (npz_rows, "90 examples of 5; targets are numbers", {"split.method": "random"}),
    (
        folder_of_images,
        "40 images of 32 x 32 x 1, 10 of them a test part",
        {"source.channels": "grey", "source.size": [32, 32]},
    ),
    (ucr_ts, "60 examples of 11 x 1, 30 of them a test part", {"source.missing": "interpolate"}),
    (running_text, "3,480 characters in 60 lines that run on", {"data.window": 64, "source.lines": False}),
    (lines_of_names, "64 lines of up to 8 characters, each a sequence of its own", {"source.lines": True}),
]


def said_at(config, path):
    head, *rest = path.split(".")
    ((_, source),) = config["data"]["source"].items()
    section = {"source": source, "data": config["data"], "split": config["data"]["split"]}.get(head)
    if head == "loss":
        return config["loss"]["categorical_crossentropy"]["class_weights"]
    return section[rest[0]] if section else config[head]


@pytest.mark.parametrize(("make", "told", "settings"), KINDS, ids=[make.__name__ for make, *_ in KINDS])
def test_a_file_of_each_kind_gets_a_config_that_trains(make, told, settings):
    path = make()
    text, said = proposed(path)
    assert told in said
    config = resolved(text)
    assert {key: said_at(config, key) for key in settings} == settings
    Path("c.yaml").write_text(text, encoding="utf-8")
    checked = run_zen("check", "c.yaml")
    assert (checked.code, checked.err) == (0, "")
    trained = run_zen("train", "c.yaml", "training.epochs=1", "-q")
    assert trained.code == 0, trained.err


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_config_for_a_shipped_file_beats_the_baselines_or_is_near(path):
    assert run_zen("init", "--data", path, "c.yaml").code == 0
    trained = run_zen("train", "c.yaml", "-q")
    assert trained.code == 0, trained.err
    test = json.loads(Path("runs/c-1/scores.json").read_text(encoding="utf-8"))["test"]
    name = "perplexity" if "perplexity" in test["scores"] else next(iter(test["scores"]))
    errors = [1 - s[name] if more_is_better(name) else s[name] for s in (test["scores"], *test["baselines"].values())]
    assert len(errors) > 1
    assert errors[0] <= PARTLY * min(errors[1:])


# --- what a config says ---

# `key: value`, `#key: value`, `- Name`, `- Name: value`; and a comment after it
SETTING = re.compile(r"(?m)^( *)(#?)((?:- )?)(\w+)(:?) *([^#\n]*?) *(?:# (.*))?$")
ALTERNATIVES = re.compile(r"\b(?:or|such as)( `[^`]+`(?:, `[^`]+`)*)")
FULL = [a_series, several_series, with_covariates, a_table, a_regression, npz_images, ucr_ts, running_text]
EACH = {"ids": lambda make: make.__name__}


def settings_said(path):
    """The config below its head with comments of several lines made one, and its matches of SETTING."""
    text = proposed(path)[0]
    text = re.sub(r"\n {20,}# ", " ", text[text.index("\nseed:") + 1 :])
    found = [match for match in SETTING.finditer(text) if match[4]]
    assert len(found) > 25
    return text, found


def in_place_of(text, match, new):
    return text[: match.start()] + new + text[match.end() :]


def uncommented(match):
    return f"{match[1]}{match[3]}{match[4]}{match[5]} {match[6] or ''}".rstrip()


@pytest.mark.parametrize("make", FULL, **EACH)
def test_every_line_is_a_comment_or_a_setting(make):
    text, _ = settings_said(make())
    lines = [line for line in text.splitlines() if line]
    assert [line for line in lines if not SETTING.fullmatch(line) and not line.lstrip().startswith("# ")] == []
    assert max(map(len, proposed(make())[0].splitlines())) <= 120
    for line, before in zip(lines[1:], lines, strict=False):
        match = SETTING.fullmatch(line)
        if match and match[6] and not match[3]:
            assert match[7] or before.lstrip().startswith("# "), line


@pytest.mark.parametrize("make", FULL, **EACH)
def test_a_setting_that_is_commented_out_is_at_its_default(make):
    text, found = settings_said(make())
    told = resolved(text)
    hidden = [match for match in found if match[2]]
    assert len(hidden) >= 7
    for match in hidden:
        assert resolved(in_place_of(text, match, uncommented(match))) == told, match[0]


@pytest.mark.parametrize("make", FULL, **EACH)
def test_the_alternatives_that_a_comment_gives_can_be_taken(make):
    text, found = settings_said(make())
    taken = 0
    for match in found:
        for alternative in re.findall(r"`([^`]+)`", "".join(ALTERNATIVES.findall(match[7] or ""))):
            new = {4: alternative} if match[3] or not match[6] else {6: alternative}
            parts = [new.get(i, match[i] or "") for i in (1, 3, 4, 5, 6)]
            Path("c.yaml").write_text(in_place_of(text, match, "{}{}{}{} {}".format(*parts)), encoding="utf-8")
            open_config(Path("c.yaml"), [])
            taken += 1
    assert taken > 10


@pytest.mark.parametrize("make", FULL, **EACH)
def test_the_defaults_that_comments_state_are_the_real_ones(make):
    _, found = settings_said(make())
    sections = {"": Config, "data": Data, "split": Split, "training": Training}
    components = {name: made for kind in COMPONENTS.values() for name, made in kind.items()}
    owners, stated = [""], 0
    for match in found:
        depth = (len(match[1]) + 2 * bool(match[3])) // 2
        owners[depth + 1 :] = [match[4]]
        owner = next((name for name in reversed(owners[: depth + 1]) if name in sections | components), "")
        if said := re.search(r"\(default ([^)]*)\)", match[7] or ""):
            default = settings_of((sections | components)[owner])[match[4]].default
            assert yaml.safe_load(said[1]) == ([] if default == () else default), match[0]
            stated += 1
    assert stated > 5


@pytest.mark.parametrize("make", FULL, **EACH)
def test_names_in_the_comments_exist(make):
    text, told = proposed(make())
    known = {name for components in COMPONENTS.values() for name in components}
    known |= {name for section in (Config, Data, Split, Training) for name in settings_of(section)}
    known |= {name for components in COMPONENTS.values() for c in components.values() for name in settings_of(c)}
    known |= VALUES
    for command in re.findall(r"`zen ([^`]*)`", text):
        assert run_zen(*command.split(), "--help").code == 0, command
    for said in re.findall(r"`#?(?!zen )([A-Za-z]\w*)[^`]*`", text):
        assert said in known or f"'{said}'" in told, said


VALUES = {"fill", "drop", "interpolate", "ignore", "balanced", "zeros", "random", "order", "false", "true", "float64"}
VALUES |= {"valid", "error", "stratified", "last"}


@pytest.mark.parametrize("name", ["airline_passengers.csv", "elements.csv"])
def test_the_config_is_the_golden_one(name, request):
    golden = GOLDEN / Path(name).with_suffix(".yaml").name
    shutil.copy(DATA / name, name)
    text = proposed(name)[0]
    if request.config.getoption("--rewrite-golden"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


# --- the command ---


def test_paths_lead_from_where_the_config_lies(here):
    (here / "in").mkdir()
    path = csv("in/sales.csv", "date,sold", weekly())
    outcome = run_zen("init", "--data", path, "new/folder/c.yaml")
    assert (outcome.code, outcome.out) == (0, "new/folder/c.yaml\n")
    assert "\n      file: ../../in/sales.csv" in Path("new/folder/c.yaml").read_text(encoding="utf-8")
    assert Path("new/folder/zen.schema.json").exists()
    assert outcome.err.splitlines()[0].startswith("120 rows from 2020-01-01")
    assert outcome.err.endswith("Next   zen check new/folder/c.yaml\n       zen train new/folder/c.yaml\n")
    assert run_zen("check", "new/folder/c.yaml").code == 0


def test_a_config_is_named_after_its_data():
    csv("my sales.csv", "date,sold", weekly())
    outcome = run_zen("init", "--data", "my sales.csv")
    assert (outcome.code, outcome.out) == (0, "my sales.yaml\n")
    assert "\n#   zen train 'my sales.yaml'\n" in Path("my sales.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("target", "purpose"),
    [("a", "Predict 'a' from"), ("kind", "Tell 'kind' from"), ("b", "Predict 'b' from")],
)
def test_the_target_can_be_chosen(target, purpose):
    assert f"# {purpose}" in proposed(a_table(), "--target", target)[0]


def test_a_target_of_words_makes_a_table_of_dated_rows():
    rows = [(*row, "hot" if row[1] > 50 else "cold") for row in weekly()]
    config = config_of(csv("w.csv", "date,temp,felt", rows), "--target", "felt")
    assert (said_at(config, "split.method"), said_at(config, "data.window")) == ("order", None)


BAD = [
    ("init --data gone.dat", "gone.dat: there is no such file$"),
    ("init --data sale.csv", "sale.csv: there is no such file: did you mean 'sales.csv'\\?$"),
    ("init --data empty.csv", "empty.csv: there is nothing in it$"),
    ("init --data names.csv", "names.csv: its first line names columns, but no row follows$"),
    ("init --data bytes.dat", "neither text nor a format that zen knows: it reads CSV, "),
    ("init --data a.xlsx", "a zip archive or a spreadsheet \\(.xlsx, .ods\\): export the sheet as CSV$"),
    ("init --data a.json", "a.json: zen reads no JSON: export it as CSV$"),
    ("init --data sales.csv --target sodl", "there is no column 'sodl': did you mean 'sold'\\?$"),
    ("init --data sales.csv --target date", "'date' cannot be predicted: it holds dates$"),
    ("init --data flat.csv", "no column could be predicted: 'date' holds dates; 'v' is the same in every row$"),
    ("init --data two.csv", "two.csv: there are 2 rows: a forecast takes at least 3$"),
    ("init --data newest.csv", "go back in time, from 2020-01-03 to 2020-01-01: sort the file by 'date'$"),
    ("init --data wrong.csv", "wrong.csv:4: column 'v': 'oops' is not a number$"),
    ("init --data tiny.txt", "5 characters are too few to learn to write from$"),
    ("init --data nothing", "neither folders of images nor .npy files: zen reads CSV"),
    ("init --data story.txt --target a", "there is no column 'a': it is text: leave out --target$"),
    ("init --data alone-images-idx3-ubyte", "its labels does not lie beside it: put alone-labels-idx1-ubyte there$"),
    ("init --data arrays.npz", "nothing tells which array holds the targets: .* name it with --target$"),
    ("init --data one.npy", "holds one array, not inputs and targets"),
    ("init --target sold", "--target is a column of your data: name them with --data$"),
    ("init --data sales.csv -t images", "--data and --template are two ways to begin: take one of them$"),
    ("init sales.csv", "sales.csv is there and no config: for a config that trains on it, name it with --data$"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[case[0] for case in BAD])
def test_what_cannot_be_learnt_from_is_refused_with_a_message(here, arguments, words):
    csv("sales.csv", "date,sold", weekly())
    csv("names.csv", "a,b", [])
    csv("flat.csv", "date,v", [(date(i), 3) for i in range(9)])
    csv("two.csv", "date,v", [(date(i), i) for i in range(2)])
    csv("newest.csv", "date,v", [(date(2 - i), i) for i in range(3)])
    csv("wrong.csv", "date,v", [(date(i), "oops" if i == 2 else i) for i in range(9)])
    contents = {"empty.csv": b"", "bytes.dat": bytes(range(256)), "a.xlsx": b"PK\3\4xl", "a.json": b"{}"}
    contents |= {"tiny.txt": b"hello", "story.txt": b"It rained, and we ran. " * 20}
    for name, content in contents.items():
        Path(name).write_bytes(content)
    Path("nothing").mkdir()
    idx("alone-images-idx3-ubyte", squares(4)[0])
    np.save("one.npy", np.zeros(3))
    np.savez("arrays.npz", a=np.zeros((3, 2)), b=np.zeros(3), c=np.zeros(3))
    before = sorted(here.iterdir())
    outcome = run_zen(*shlex.split(arguments))
    assert (outcome.code, outcome.out) == (2, "")
    assert re.search(words, outcome.err.rstrip()), outcome.err
    assert sorted(here.iterdir()) == before
