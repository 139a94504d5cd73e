"""`zen predict RUN DATA`: the order of columns does not count, and what does not fit is said with its place."""

import csv
import io
import random

import pytest
from conftest import CONFIGS, run_zen, train_once, write_files

DATA = CONFIGS / "data"
SERIES = """\
data:
  source: {CSV: {file: FILE, target: passengers, index: month}}
  window: 6
  horizon: 3
  scaling: [Standard]
  split: {train: 0.8}
model: [Flatten, {Linear: 3}]
loss: MSE
optimizer: Adam
training: {epochs: 1}
"""
TABLE = """\
data:
  source: {CSV: {file: FILE, target: TARGET}}
  split: {train: 0.8, method: random}
model: [{Linear: CLASSES}, Softmax]
loss: categorical_crossentropy
optimizer: Adam
training: {epochs: 1}
"""
CONFIGS_OF = {
    "airline_passengers": SERIES,
    "iris": TABLE.replace("TARGET", "species").replace("CLASSES", "3"),
    "titanic": TABLE.replace("TARGET", "outcome").replace("CLASSES", "2"),
}
PANEL = """\
data:
  source: {CSV: {file: FILE, target: sold, index: day, series: shop, future: [promo]}}
  window: 4
  horizon: 2
  split: {train: 0.8}
model: [Flatten, {Linear: 2}]
loss: MSE
optimizer: Adam
training: {epochs: 1}
"""
DAYS = [["day", "shop", "sold", "promo"]]
DAYS += [[f"2024-01-{day:02d}", shop, str(day), str(day % 2)] for shop in "ab" for day in range(1, 29)]


def rows_of(name):
    return list(csv.reader((DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


def text_of(rows, delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each kind of table."""
    folder, found = tmp_path_factory.mktemp("predict"), {}
    for name, config in CONFIGS_OF.items():
        write_files(folder, {f"{name}.yaml": config.replace("FILE", str(DATA / f"{name}.csv"))})
        found[name] = train_once(folder / "runs", folder / f"{name}.yaml")
    write_files(folder, {"panel.yaml": PANEL.replace("FILE", "panel.csv"), "panel.csv": text_of(DAYS)})
    return found | {"panel": train_once(folder / "runs", folder / "panel.yaml")}


@pytest.fixture
def predicted(runs, tmp_path):
    """What a run says of a text in new.csv."""

    def predicted(name, text, *arguments):
        (tmp_path / "new.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return run_zen("predict", runs[name], tmp_path / "new.csv", "-o", "-", *arguments)

    return predicted


def permuted(rows):
    order = list(range(len(rows[0])))
    random.Random(1).shuffle(order)
    return [[row[place] for place in order] for row in rows]


SAME = {
    "other order": lambda rows: text_of(permuted(rows)),
    "one more column": lambda rows: text_of([[*row, "more" if not number else "x"] for number, row in enumerate(rows)]),
    "semicolons": lambda rows: text_of(rows, ";"),
    "tabs": lambda rows: text_of(rows, "\t"),
    "line ends of Windows": lambda rows: text_of(rows).replace("\n", "\r\n"),
    "a mark of UTF-8": lambda rows: "\ufeff" + text_of(rows),
}


@pytest.mark.parametrize("change", SAME)
@pytest.mark.parametrize("name", [*CONFIGS_OF, "panel"])
def test_how_a_file_is_written_does_not_count(predicted, name, change):
    rows = DAYS if name == "panel" else rows_of(name)
    expected, found = predicted(name, text_of(rows)), predicted(name, SAME[change](rows))
    assert (found.code, found.err) == (0, "")
    assert found.out == expected.out
    assert expected.out.count("\n") > 50


@pytest.mark.parametrize("name", ["iris", "titanic"])
def test_the_target_need_not_be_there(predicted, name):
    rows = rows_of(name)
    expected, found = predicted(name, text_of(rows)), predicted(name, text_of([row[:-1] for row in rows]))
    assert found.code == 0, found.err
    said = [[row["prediction"] for row in csv.DictReader(io.StringIO(each.out))] for each in (expected, found)]
    assert said[0] == said[1]


# --- what does not fit ---


def changed(name, row, column, cell):
    """A table with one cell that is another."""
    rows = rows_of(name)
    rows[row][rows[0].index(column)] = cell
    return text_of(rows)


AIR = rows_of("airline_passengers")
MEND = "mend the file, or train again with another"
REFUSED = [  # run, text, what is said of new.csv
    ("iris", "", ": there is nothing in it"),
    ("iris", text_of(rows_of("iris")[:1]), ": its first line names columns, but no row follows"),
    ("iris", text_of([[*row[:1], *row[2:]] for row in rows_of("iris")]), ": there is no column 'sepal_width': it has"),
    ("iris", text_of(rows_of("iris")[1:]), ": there is no column 'sepal_length': its first line names no columns"),
    ("iris", text_of(rows_of("iris"), "~"), ": there is no column 'sepal_length': it has 'sepal_length~"),
    ("iris", changed("iris", 5, "petal_width", "abc"), ":6: column 'petal_width': 'abc' is not a number"),
    (
        "iris",
        changed("iris", 5, "petal_width", "0,2"),
        ":6: column 'petal_width': '0,2' is not a number: write it with",
    ),
    (
        "iris",
        changed("iris", 5, "petal_width", ""),
        f":6: column 'petal_width': a value is missing: {MEND} `missing`",
    ),
    ("iris", changed("iris", 5, "species", "rose"), ":6: column 'species': 'rose' is not a known category: these are"),
    ("iris", b"sepal_length,a\n1,\xe9\n", f":2: byte 3 of the line, 0xe9, is not UTF-8 text: {MEND} `encoding`"),
    ("iris", f"{text_of(rows_of('iris'))}1,2\n", ":152: 2 values where the first row has 5"),
    ("iris", "a,b,a\n1,2,3\n", ":1: columns 1 and 3 are both named 'a'"),
    ("iris", b"PK\x03\x04", ": this is a zip archive or a spreadsheet"),
    (
        "titanic",
        changed("titanic", 9, "class", "fourth"),
        ":10: column 'class': 'fourth' is not a known category: these are 'first', 'second', 'third', 'crew'",
    ),
    ("airline_passengers", text_of([row[1:] for row in AIR]), ": there is no column 'month': it has 'passengers'"),
    (
        "airline_passengers",
        text_of([["month", "pasengers"], *AIR[1:]]),
        ": there is no column 'passengers': did you mean 'pasengers'?",
    ),
    (
        "airline_passengers",
        text_of([*AIR[:9], AIR[10], AIR[9], *AIR[11:]]),
        ":11: column 'month': 1949-09 comes after 1949-10: sort the file by 'month'",
    ),
    (
        "airline_passengers",
        text_of([*AIR[:9], AIR[9], *AIR[9:]]),
        ":11: column 'month': 1949-09 is there twice, and in the row before: take one of them out",
    ),
    (
        "airline_passengers",
        text_of([*AIR[:9], *AIR[11:]]),
        f":10: column 'month': 2 rows are missing between 1949-08 and 1949-11, at a row every month: {MEND} `gaps`",
    ),
    (
        "airline_passengers",
        changed("airline_passengers", 9, "month", "nix"),
        ":10: column 'month': 'nix' is not a date",
    ),
    (
        "airline_passengers",
        changed("airline_passengers", 9, "month", ""),
        ":10: column 'month': a value is missing: each row of a series needs one",
    ),
    ("airline_passengers", text_of(AIR[:4]), ": the model looks at 6 values to predict the next, but there are only 3"),
    ("panel", text_of([[cell.replace("b", "c") for cell in row] for row in DAYS]), "does not know a series 'c'"),
    ("panel", text_of([row[:3] for row in DAYS]), ": there is no column 'promo'"),
    ("panel", text_of([*DAYS[:5], [*DAYS[5][:3], ""], *DAYS[6:]]), ":6: column 'promo': a value is missing"),
]


@pytest.mark.parametrize(("name", "text", "message"), REFUSED, ids=[f"{name} {said}" for name, _, said in REFUSED])
def test_what_does_not_fit_is_said_with_its_place(predicted, tmp_path, name, text, message):
    outcome = predicted(name, text)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"zen: {tmp_path / 'new.csv'}:")
    assert message in outcome.err


PLAIN = [  # for a curve, whose data have no names
    ("1,2\n", ": expected 1 column (a curve has one value a line) but got 2"),
    ("1\n2\nx\n", ":3: column 1: 'x' is not a number"),
    ("v\nx\ny\n", ":2: column 'v': 'x' is not a number"),
    ("v\n1\n2\n", ": the model looks at 3 values to predict the next, but there are only 2"),
    ('v\n1\n""\n', ":3: column 'v': a value is missing"),
    ("", ": there is nothing in it"),
]


@pytest.mark.parametrize(("text", "message"), PLAIN, ids=[message for _, message in PLAIN])
def test_so_it_is_for_data_without_names(tiny_run, text, message):
    outcome = run_zen("predict", tiny_run, "-", "-o", "-", stdin=text.encode())
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"zen: standard input{message}\n")


def test_a_file_that_is_not_there(runs, tmp_path):
    outcome = run_zen("predict", runs["iris"], tmp_path / "nix.csv")
    assert (outcome.code, outcome.err) == (2, f"zen: {tmp_path / 'nix.csv'}: there is no such file\n")
    folder = run_zen("predict", runs["iris"], tmp_path)
    assert (folder.code, "this is a folder" in folder.err) == (2, True)


# --- what is left out ---


def test_windows_that_miss_a_value_are_left_out_and_counted(predicted, tmp_path):
    text = changed("airline_passengers", 9, "passengers", "")
    outcome = predicted("airline_passengers", text)
    assert outcome.code == 0
    assert outcome.err == f"zen: warning: {tmp_path / 'new.csv'}: left out, since they miss a value: 6 of 139 windows\n"
    assert outcome.out.count("\n") == 1 + 3 * (139 - 6)


def test_rows_that_miss_a_value_are_left_out_and_counted(runs, tmp_path):
    config = runs["iris"].parents[1] / "iris.yaml"
    run = train_once(tmp_path / "runs", config, "data.source.CSV.missing=drop")
    write_files(tmp_path, {"new.csv": changed("iris", 2, "petal_width", "")})
    outcome = run_zen("predict", run, tmp_path / "new.csv", "-o", "-")
    assert outcome.err.endswith("left out, since they miss a value: 1 of 150 examples\n")
    assert [row["row"] for row in csv.DictReader(io.StringIO(outcome.out))][:3] == ["1", "3", "4"]
