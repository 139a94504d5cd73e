"""`zen init --data`: what it makes of files of every kind, that it trains, and that every word in it is true."""

import gzip
import json
import re
import shlex
import struct
from pathlib import Path

import numpy as np
import pytest
from conftest import CONFIGS, resolved, run_zen

from zen_cli.config.build import open_config
from zen_cli.config.language.registry import COMPONENTS, settings_of
from zen_cli.config.language.schema import Config, Data, Split, Training
from zen_cli.metric import more_is_better

DATA = CONFIGS / "data"
SHIPPED = sorted(path for path in DATA.iterdir() if path.suffix != ".md")
GOLDEN = Path(__file__).parent / "proposals"
PARTLY = 1.15  # times the error of the best baseline: as near as a first config is to be
RANDOM = np.random.default_rng(0)


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


def date(day, start="2020-01-01"):
    return str(np.datetime64(start) + np.timedelta64(day, "D"))


def csv(name, head, rows, encoding="utf-8"):
    lines = [head, *(",".join(map(str, row)) for row in rows)]
    Path(name).write_text("\n".join(lines) + "\n", encoding=encoding)
    return name


def weekly(count=120, start=0):
    """A series of days with a season of 7."""
    return [(date(start + i), round(50 + 9 * np.sin(2 * np.pi * i / 7) + RANDOM.normal(), 2)) for i in range(count)]


def a_series():
    return csv("sales.csv", "date,sold", weekly())


def several_series():
    rows = [(day, shop, value) for shop in ("north", "south") for day, value in weekly(90)]
    return csv("shops.csv", "day,shop,sold", sorted(rows))


def numbered_series():
    return csv("stores.csv", "Store,Date,Sales", [(shop, day, value) for shop in (1, 2) for day, value in weekly(90)])


def with_covariates():
    return csv("wind.csv", "date,rain,temp", [(day, value, value / 2) for day, value in weekly(150)])


def a_decimal_comma():
    rows = [f"{i % 28 + 1}.{i // 28 + 1}.2020;{value}".replace(".5", ",5") for i, (_, value) in enumerate(weekly(100))]
    text = "\n".join(re.sub(r";(\d+)\.", r";\1,", row) for row in rows)
    Path("umsatz.csv").write_text("Datum;Umsatz\n" + text + "\n", encoding="utf-8")
    return "umsatz.csv"


def gappy_hours():
    hours = [i for i in range(400) if i % 31]
    times = [str(np.datetime64("2022-05-01T00") + np.timedelta64(i, "h")) + ":00" for i in hours]
    return csv("temp.csv", "time,temp", [(t, round(9 * np.sin(i * np.pi / 12), 1)) for t, i in zip(times, hours)])


def trading_days():
    days = [i for i in range(300) if np.is_busday(np.datetime64(date(i))) and i not in (23, 60, 100)]
    return csv("stock.csv", "Date,Close", [(date(i), 100 + i % 17) for i in days])


def missing_values():
    rows = [(day, "" if i % 20 == 3 else value) for i, (day, value) in enumerate(weekly())]
    return csv("holes.csv", "date,v", rows)


def three_rows():
    return csv("three.csv", "date,v", [(date(i), i) for i in range(3)])


def without_names():
    Path("signal.txt").write_text("".join(f"{np.sin(i / 3):.3f}\n" for i in range(90)), encoding="utf-8")
    return "signal.txt"


def a_table():
    rows = [(i, a, round(2 * a, 2), "", "same", "ab"[a > 0]) for i, a in enumerate(RANDOM.normal(size=90).round(2))]
    return csv("table.csv", "id,a,b,nothing,flat,kind", rows)


def a_rare_class():
    return csv("fraud.csv", "a,b,fraud", [(a, b, int(a > 1.2)) for a, b in RANDOM.normal(size=(200, 2)).round(3)])


def a_wide_table():
    rows = [(*row, "up" if row[0] > 0 else "down") for row in RANDOM.normal(size=(60, 60)).round(3)]
    return csv("wide.csv", ",".join([*(f"gene{i}" for i in range(60)), "state"]), [(*r[:-1], r[-1]) for r in rows])


def a_regression():
    rows = [(a, "" if i % 9 == 0 else b, "xyz"[i % 3], round(a * 3 - 1, 3)) for i, (a, b) in enumerate(RANDOM.normal(size=(120, 2)).round(3))]
    return csv("house.csv", "area,age,town,price", rows)


def rows_of_patients():
    rows = [(i // 4, round(RANDOM.random(), 3), RANDOM.normal()) for i in range(200)]
    return csv("trial.csv", "patient_id,dose,response", rows)


def an_unpriced_table():
    rows = [(a, b, "" if i % 5 == 0 else a - b) for i, (a, b) in enumerate(RANDOM.normal(size=(80, 2)))]
    return csv("unpriced.csv", "a,b,price", rows)


def in_latin():
    return csv("größen.csv", "Größe,Gewicht", RANDOM.random((60, 2)).round(2), encoding="latin-1")


def squares(count):
    """Images (N, 12, 12) with a bright quarter, and which one it is."""
    labels = np.arange(count, dtype=np.uint8) % 4
    images = RANDOM.integers(0, 9, (count, 12, 12)).astype(np.uint8)
    for image, label in zip(images, labels):
        image[6 * (label // 2) :, 6 * (label % 2) :][:6, :6] += 200
    return images, labels


def idx(path, array):
    Path(path).parent.mkdir(exist_ok=True)
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    with gzip.open(path, "wb") if path.endswith(".gz") else open(path, "wb") as file:
        file.write(header + array.tobytes())


def idx_images():
    for part, count in (("train", 80), ("t10k", 20)):
        images, labels = squares(count)
        idx(f"mnist/{part}-images-idx3-ubyte.gz", images)
        idx(f"mnist/{part}-labels-idx1-ubyte", labels)
    return "mnist/t10k-labels-idx1-ubyte"


def npz_images():
    images, labels = squares(80)
    np.savez("images.npz", x_train=images, y_train=labels)
    return "images.npz"


def npz_of_odd_names():
    waves = RANDOM.normal(size=(60, 20, 2))
    np.savez("waves.npz", waves=waves, sorts=(waves.mean((1, 2)) > 0).astype(int))
    return "waves.npz"


def npz_rows():
    np.savez("rows.npz", X=RANDOM.normal(size=(90, 5)), y=RANDOM.normal(size=(90, 2)))
    return "rows.npz"


def folder_of_images():
    image = pytest.importorskip("PIL.Image")
    for i in range(40):
        folder = Path("pictures") / ("train" if i < 30 else "test") / ("dark" if i % 2 else "light")
        folder.mkdir(parents=True, exist_ok=True)
        shade = np.full((70 + i % 3, 90), 30 if i % 2 else 220, np.uint8)
        image.fromarray(shade).save(folder / f"{i}.png")
    return "pictures"


def ucr_ts():
    head = "@problemName Toy\n@timeStamps false\n@univariate true\n@equalLength false\n@classLabel true up down\n@data\n"
    for part in ("TRAIN", "TEST"):
        cases = [
            ",".join(str((1 if i % 2 else -1) * k) for k in range(8 + i % 4)) + (":up" if i % 2 else ":down")
            for i in range(30)
        ]
        Path(f"Toy_{part}.ts").write_text(head + "\n".join(cases).replace("3,", "?,", part == "TRAIN"), encoding="utf-8")
    return "Toy_TEST.ts"


def running_text():
    Path("story.md").write_text("It was a dark night; rain fell, and wind blew, so we ran.\n" * 60, encoding="utf-8")
    return "story.md"


def lines_of_names():
    Path("cities.txt").write_text("Paris\nNew York\nRome\nOslo\nBern\nKyiv\nLima\nCairo\n" * 8, encoding="utf-8")
    return "cities.txt"


# How a file is made, what is told of it, and what its config says, by paths.
KINDS = [
    (a_series, "120 rows from 2020-01-01 to 2020-04-29, every day; season 7; target 'sold'",
     {"data.window": 9, "data.horizon": 7, "data.season": 7, "source.index": "date"}),
    (several_series, "in 2 series told apart by 'shop', every day", {"source.series": "shop", "data.window": 9}),
    (numbered_series, "in 2 series told apart by 'Store'", {"source.series": "Store", "source.index": "Date"}),
    (with_covariates, "other columns with numbers: 'rain'", {"source.target": "temp", "source.past": []}),
    (a_decimal_comma, "its numbers have a decimal comma", {"source.target": "Umsatz", "source.index": "Datum"}),
    (gappy_hours, "12 dates missing", {"source.gaps": "missing", "source.missing": "fill", "data.season": 24}),
    (trading_days, "every business day", {"source.gaps": "ignore", "source.missing": "error", "data.horizon": 5}),
    (missing_values, "6 cells of 'v' missing", {"source.missing": "fill", "source.gaps": "error"}),
    (three_rows, "3 rows", {"data.window": 1, "data.horizon": 1, "interval": None}),
    (without_names, "90 rows; season 19; target '1'", {"source.index": None, "source.target": "1"}),
    (a_table, "left out: 'flat' is the same in every row",
     {"source.target": "kind", "source.inputs": ["a", "b"], "split.method": "stratified", "metrics": [{"F1": {"per_class": False}}]}),
    (a_rare_class, "2 classes (0:", {"source.categories": ["fraud"], "loss": "balanced", "source.inputs": None}),
    (a_wide_table, "and 50 more", {"source.inputs": None, "source.target": "state"}),
    (a_regression, "14 cells of the inputs are missing",
     {"source.missing": "fill", "split.method": "random", "source.unseen": "error", "metrics": [{"R2": {}}]}),
    (rows_of_patients, "'patient_id' tells whose row it is", {"split.group": "patient_id", "source.inputs": ["dose"]}),
    (an_unpriced_table, "16 rows have no 'price'", {"source.missing": "drop"}),
    (in_latin, "its text is iso8859-1", {"source.encoding": "latin-1"}),
    (idx_images, "100 images of 12 x 12 x 1, 20 of them a test part", {"split.test": 0, "split.train": 0.8}),
    (npz_images, "80 images of 12 x 12", {"data.scaling": [{"MinMax": {"columns": None, "per_series": True, "low": 0.0, "high": 1.0}}]}),
    (npz_of_odd_names, "60 examples of 20 x 2; 2 classes", {"source.inputs": "waves", "source.targets": "sorts"}),
    (npz_rows, "90 examples of 5; targets are numbers", {"split.method": "random"}),
    (folder_of_images, "40 images of 32 x 32 x 1, 10 of them a test part", {"source.channels": "grey", "source.size": [32, 32]}),
    (ucr_ts, "60 examples of 11 x 1, 30 of them a test part", {"source.missing": "interpolate"}),
    (running_text, "3,480 characters in 60 lines that run on", {"data.window": 64, "source.lines": False}),
    (lines_of_names, "64 lines of up to 8 characters, each a sequence of its own", {"source.lines": True}),
]  # fmt: skip


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
