"""Files as people have them, made in the current directory: each function gives the path of one."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest


def normal(*shape):
    """The same numbers each time for a shape."""
    return np.random.default_rng(shape).normal(size=shape).round(3)


def date(day, start="2020-01-01"):
    return str(np.datetime64(start) + np.timedelta64(day, "D"))


def csv(name, head, rows, encoding="utf-8"):
    lines = [head, *(",".join(map(str, row)) for row in rows)]
    Path(name).write_text("\n".join(lines) + "\n", encoding=encoding)
    return name


def weekly(count=120, start=0):
    """A series of days with a season of 7."""
    noise = normal(count)
    return [(date(start + i), round(50 + 9 * np.sin(2 * np.pi * i / 7) + noise[i], 2)) for i in range(count)]


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
    return csv(
        "temp.csv", "time,temp", [(t, round(9 * np.sin(i * np.pi / 12), 1)) for t, i in zip(times, hours, strict=True)]
    )


def trading_days():
    days = [i for i in range(300) if np.is_busday(np.datetime64(date(i))) and i not in (23, 60, 100)]
    return csv("stock.csv", "Date,Close", [(date(i), 100 + i % 17) for i in days])


def missing_values():
    rows = [(day, "" if i % 20 == 3 else value) for i, (day, value) in enumerate(weekly())]
    return csv("holes.csv", "date,v", rows)


def an_unknown_end():
    rows = [(day, "" if i >= 110 else value) for i, (day, value) in enumerate(weekly())]
    return csv("ahead.csv", "date,v", rows)


def hardly_any_values():
    rows = [(day, "" if i % 5 else value) for i, (day, value) in enumerate(weekly(200))]
    return csv("sparse.csv", "date,v", rows)


def three_rows():
    return csv("three.csv", "date,v", [(date(i), i) for i in range(3)])


def without_names():
    Path("signal.txt").write_text("".join(f"{np.sin(i / 3):.3f}\n" for i in range(150)), encoding="utf-8")
    return "signal.txt"


def a_table():
    rows = [(i, a, round(2 * a, 2), "", "same", "ab"[int(a > 0)]) for i, a in enumerate(normal(90))]
    return csv("table.csv", "id,a,b,nothing,flat,kind", rows)


def a_rare_class():
    return csv("fraud.csv", "a,b,fraud", [(a, b, int(a > 1.2)) for a, b in normal(200, 2)])


def a_wide_table():
    rows = [(*row, 7, "up" if row[0] > 0 else "down") for row in normal(60, 60)]
    return csv("wide.csv", ",".join([*(f"gene {i}" for i in range(60)), "lab", "state"]), rows)


def a_regression():
    draws = enumerate(normal(120, 2))
    rows = [(a, "" if i % 9 == 0 else b, "xyz"[i % 3], round(a * 3 - 1, 3)) for i, (a, b) in draws]
    return csv("house.csv", "area,age,town,price", rows)


def rows_of_patients():
    rows = [(i // 4, dose, response) for i, (dose, response) in enumerate(normal(200, 2))]
    return csv("trial.csv", "patient_id,dose,response", rows)


def an_unpriced_table():
    rows = [(a, b, "" if i % 5 == 0 else a - b) for i, (a, b) in enumerate(normal(80, 2))]
    return csv("unpriced.csv", "a,b,price", rows)


def in_latin():
    return csv("größen.csv", "Größe,Gewicht", normal(60, 2), encoding="latin-1")


def squares(count):
    """Images (N, 12, 12) with a bright quarter, and which one it is."""
    labels = np.arange(count, dtype=np.uint8) % 4
    images = np.random.default_rng(0).integers(0, 9, (count, 12, 12)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[6 * (label // 2) :, 6 * (label % 2) :][:6, :6] += 200
    return images, labels


def idx(path, array):
    Path(path).parent.mkdir(exist_ok=True)
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    with gzip.open(path, "wb") if path.endswith(".gz") else Path(path).open("wb") as file:
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
    waves = normal(60, 20, 2)
    np.savez("waves.npz", waves=waves, sorts=(waves.mean((1, 2)) > 0).astype(int))
    return "waves.npz"


def npz_rows():
    np.savez("rows.npz", X=normal(90, 5), y=normal(90, 2))
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
    head = (
        "@problemName Toy\n@timeStamps false\n@univariate true\n@equalLength false\n@classLabel true up down\n@data\n"
    )
    for part in ("TRAIN", "TEST"):
        cases = [
            ",".join(str((1 if i % 2 else -1) * k) for k in range(8 + i % 4)) + (":up" if i % 2 else ":down")
            for i in range(30)
        ]
        Path(f"Toy_{part}.ts").write_text(
            head + "\n".join(cases).replace(",2,", ",?,", part == "TRAIN"), encoding="utf-8"
        )
    return "Toy_TEST.ts"


def running_text():
    Path("story.md").write_text("It was a dark night; rain fell, and wind blew, so we ran.\n" * 60, encoding="utf-8")
    return "story.md"


def lines_of_names():
    Path("cities.txt").write_text("Paris\nNew York\nRome\nOslo\nBern\nKyiv\nLima\nCairo\n" * 8, encoding="utf-8")
    return "cities.txt"
