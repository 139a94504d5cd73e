"""Preparations of every kind go through a checkpoint."""

import json

import numpy as np
from small_series import prepared, series_set

from zen_cli.data.dataset import Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.parts import in_order
from zen_cli.data.places import Cut
from zen_cli.data.plain import Plain
from zen_cli.data.scaling import Difference, Standard
from zen_cli.data.sources import CSV
from zen_cli.data.stored import KINDS, preparation_from, stored
from zen_cli.data.tabular import Tabular
from zen_cli.data.text import RunningText
from zen_cli.data.texts import Texts


def of_every_kind(folder):
    (folder / "t.csv").write_text("size,colour\n1,red\n2,blue\n3,red\n", encoding="utf-8")
    examples = Examples(np.arange(6.0).reshape(3, 2), np.array([0, 1, 0]), ("no", "yes"))
    yield prepared(series_set(range(9)), Cut(2, 3), [Difference(), Standard()])[0]
    yield Plain.fit(examples, [Standard()], in_order(3, 0, 3))
    yield Tabular.fit(CSV(str(folder / "t.csv"), "colour").load(0), [Standard()], in_order(3, 0, 3))
    yield Texts.fit(RunningText("t.txt", "abcabc"), 2)


def test_every_kind_comes_back(tmp_path):
    kinds = []
    for preparation in of_every_kind(tmp_path):
        again = preparation_from(json.loads(json.dumps(stored(preparation))))
        assert type(again) is type(preparation)
        assert stored(again) == stored(preparation)
        assert again.task == preparation.task
        kinds.append(type(preparation))
    assert kinds == list(KINDS.values()) == Preparation.__subclasses__()
    assert [made.kind for made in kinds] == list(KINDS)
