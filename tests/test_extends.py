"""`extends`: what a base gives, what takes its place, and chains that do not end."""

from pathlib import Path

import pytest
from conftest import DATA, SERIES, TABLE, run_zen, write_files

from zen_cli.config.build import open_config, read_config
from zen_cli.config.text.problems import ConfigError


@pytest.fixture
def files(tmp_path):
    """Writes files into a folder and returns it."""

    def files(**texts):
        named = {"base": SERIES, **texts}
        write_files(tmp_path, {f"{name.replace('__', '/')}.yaml": text for name, text in named.items()})
        return tmp_path

    return files


def values(path, *arguments):
    return read_config(path, arguments)[1].values


def test_a_file_that_says_nothing_else_is_its_base(files):
    folder = files(mine="extends: base.yaml\n")
    assert values(folder / "mine.yaml") == values(folder / "base.yaml")


OVER = [  # what stands over the base, and the override of the base that says the same
    ("seed: 5", ["seed=5"]),
    ("training: {epochs: 7}", ["training.epochs=7"]),
    ("training:", []),
    ("data: {source: {Curve: {noise: 0.1}}}", ["data.source.Curve.noise=0.1"]),
    ("data: {source: {Curve: cos(x)}}", ["data.source.Curve=cos(x)"]),
    ("optimizer: RMSProp", []),
    ("optimizer: {RMSProp: 0.1}", ["optimizer.RMSProp.lr=0.1"]),
    ("optimizer: Adam", ["optimizer=Adam"]),
    ("optimizer: {Adam: 0.1}", ["optimizer=Adam: 0.1"]),
    ("model: [{RNN: {hidden_dim: 2}}, {Linear: 1}]", ["model=[{RNN: {hidden_dim: 2}}, {Linear: 1}]"]),
    ("schedule: Cosine", ["schedule=Cosine"]),
    ("schedule: null", []),
    ("metrics: [MAE]", ["metrics+=MAE"]),
]


@pytest.mark.parametrize(("text", "arguments"), OVER, ids=[case[0] for case in OVER])
def test_what_a_file_says_stands_over_its_base(files, text, arguments):
    folder = files(mine=f"{text}\nextends: base.yaml\n")
    assert values(folder / "mine.yaml") == values(folder / "base.yaml", *arguments)


def test_bases_have_bases_and_paths_start_from_the_file_that_names_them(files):
    folder = files(mine="extends: deep/mid.yaml\nseed: 1", deep__mid="extends: ../base.yaml\nseed: 2\nloss: MAE\n")
    found = values(folder / "mine.yaml", "training.epochs=3")
    assert (found["seed"], found["loss"], found["training"]["epochs"]) == (1, {"MAE": {}}, 3)
    assert found["data"] == values(folder / "base.yaml")["data"]


def test_a_null_in_the_file_turns_off_what_the_base_has(files):
    folder = files(mine="extends: base.yaml\nschedule: null", base=f"{SERIES}schedule: Cosine\n")
    assert values(folder / "base.yaml")["schedule"] == {"Cosine": {"final": 0.0}}
    assert values(folder / "mine.yaml")["schedule"] is None


def test_a_problem_is_shown_where_it_stands_the_file_before_its_base(files):
    folder = files(mine="extends: base.yaml\nseed: -1", base=SERIES.replace("MSE", "MSSE").replace("5e-4", "-1"))
    with pytest.raises(ConfigError) as caught:
        values(folder / "mine.yaml", "training.epochs=0")
    places = [(p.place.source.name.rpartition("/")[2], p.place.line) for p in caught.value.problems]
    assert places == [("mine.yaml", 2), ("base.yaml", 12), ("base.yaml", 14), ("override", 1)]


@pytest.mark.parametrize("nothing", ["extends: null", "extends:"])
@pytest.mark.parametrize("line", ["loss: MSE\n", "  source:\n    Curve: {expression: sin(x), points: 20}\n"])
def test_no_base_excuses_nothing(files, nothing, line):
    folder = files(mine=f"{SERIES}{nothing}\n")
    assert values(folder / "mine.yaml") == values(folder / "base.yaml")
    folder = files(mine=f"{SERIES.replace(line, '')}{nothing}\n")
    with pytest.raises(ConfigError, match="is missing"):
        values(folder / "mine.yaml")


def test_what_is_missing_in_all_files_is_missing(files):
    folder = files(mine="extends: base.yaml", base=SERIES.replace("loss: MSE\n", ""))
    with pytest.raises(ConfigError) as caught:
        values(folder / "mine.yaml")
    assert [p.path for p in caught.value.problems] == ["loss"]


# --- paths of files ---

OF_A_TABLE = TABLE.replace("flowers.csv", "data/flowers.csv")


@pytest.fixture
def tables(files):
    """A config that extends one in `deep`, which reads data/flowers.csv from there."""
    folder = files(mine="extends: deep/base.yaml\n", deep__base=OF_A_TABLE)
    (folder / "deep" / "data").mkdir()
    (folder / "deep" / "data" / "flowers.csv").write_bytes((DATA / "flowers.csv").read_bytes())
    return folder


def file_of(path, *arguments):
    return values(path, *arguments)["data"]["source"]["CSV"]["file"]


def test_a_path_leads_from_the_file_that_says_it(tables, monkeypatch):
    assert file_of(tables / "deep" / "base.yaml") == "data/flowers.csv"
    assert file_of(tables / "mine.yaml") == "deep/data/flowers.csv"
    monkeypatch.chdir(tables / "deep" / "data")
    assert len(open_config(Path("../../mine.yaml"), ()).experiment.data) == 30


def test_a_path_in_an_argument_leads_from_here(tables, monkeypatch):
    argument = "data.source.CSV.file=flowers.csv"
    monkeypatch.chdir(tables / "deep" / "data")
    assert file_of(Path("../../mine.yaml"), argument) == "deep/data/flowers.csv"
    assert file_of(Path("../base.yaml"), argument) == "data/flowers.csv"
    assert len(open_config(Path("../base.yaml"), [argument]).experiment.data) == 30


def test_a_whole_path_stays_as_it_is(tables):
    whole = str(tables / "deep" / "data" / "flowers.csv")
    assert file_of(tables / "mine.yaml", f"data.source.CSV.file={whole}") == whole


def test_no_path_is_none(tables):
    assert values(tables / "mine.yaml", "data.source.CSV.test_file=null")["data"]["source"]["CSV"]["test_file"] is None


MISSING = [  # where one is, the config, arguments, and the path that was probably meant
    (".", "mine.yaml", ["data.source.CSV.file=deep/data/flower.csv"], "write `deep/data/flowers.csv`"),
    ("deep", "base.yaml", ["data.source.CSV.file=data/flower.csv"], "write `data/flowers.csv`"),
    ("deep/data", "../base.yaml", ["data.source.CSV.file=flower.csv"], "write `flowers.csv`"),
    (".", "mistaken.yaml", [], "write `data/flowers.csv`"),  # which its base says
    ("deep", "../mistaken.yaml", [], "write `data/flowers.csv`"),
    (".", "from_here.yaml", [], "write `../deep/data/flowers.csv`"),
]


@pytest.mark.parametrize(("here", "config", "arguments", "hint"), MISSING)
def test_the_nearest_path_is_written_as_from_where_the_wrong_one_stands(
    tables, monkeypatch, here, config, arguments, hint
):
    wrong = {
        "mistaken.yaml": "extends: deep/mistaken.yaml\n",
        "deep/mistaken.yaml": OF_A_TABLE.replace("flowers", "flower"),
        "from_here.yaml": "extends: other/base.yaml\n",
        "other/base.yaml": OF_A_TABLE.replace("data/flowers", "deep/data/flowers"),
    }
    write_files(tables, wrong)
    monkeypatch.chdir(tables / here)
    with pytest.raises(ConfigError) as caught:
        open_config(Path(config), arguments)
    (problem,) = caught.value.problems
    assert (problem.path, problem.hint) == ("data.source.CSV.file", hint)


# --- bases that cannot be used ---

REFUSED = [
    ("extends: mine.yaml", "leads back to a file that is read already"),
    ("extends: ./../{folder}/mine.yaml", "leads back to a file that is read already"),
    ("extends: loop.yaml", "leads back to a file that is read already: "),
    ("extends: bas.yaml", "bas.yaml does not exist"),
    ("extends: .", "is a directory"),
    ("extends: /dev/zero", "no file that can be read again"),
    ("extends: [base.yaml]", "expected text or null"),
    ("extends: 3", "expected text or null, got 3"),
    ("extends: chain1.yaml", "more than 8 files extend one another"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_base_that_cannot_be_used_is_the_one_problem(files, text, words):
    chain = {f"chain{i}": f"extends: chain{i + 1}.yaml" for i in range(1, 10)}
    folder = files(loop="extends: mine.yaml", mine="", **chain)
    (folder / "mine.yaml").write_text(text.replace("{folder}", folder.name), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        values(folder / "mine.yaml")
    (problem,) = caught.value.problems
    assert problem.path == "extends"
    assert words in problem.message


def test_a_linked_file_is_the_same_file(files):
    folder = files(mine="extends: link.yaml")
    (folder / "link.yaml").symlink_to("mine.yaml")
    with pytest.raises(ConfigError, match="leads back"):
        values(folder / "mine.yaml")


def test_an_override_cannot_extend(files):
    folder = files()
    with pytest.raises(ConfigError, match="only a file can extend another"):
        values(folder / "base.yaml", "extends=base.yaml")


def test_a_run_of_a_config_that_extends_another_needs_neither(files):
    folder = files(mine="extends: base.yaml\ntraining: {epochs: 1}\n")
    outcome = run_zen("train", folder / "mine.yaml", "--runs", folder / "runs", "-q")
    assert outcome.code == 0, outcome.err
    for name in ("mine", "base"):
        (folder / f"{name}.yaml").unlink()
    assert run_zen("predict", "--runs", folder / "runs").code == 0
