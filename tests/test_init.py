"""`zen init` and `zen examples`: what they write, refuse and say, and that every word of the templates is true."""

import contextlib
import dataclasses
import io
import json
import re
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from conftest import CONFIGS, resolved, run_zen, train_once

from zen_cli import shipped
from zen_cli.cli import cli
from zen_cli.config.build import open_config
from zen_cli.config.language.registry import COMPONENTS, settings_of
from zen_cli.config.language.schema import Config
from zen_cli.config.resolve import resolve
from zen_cli.config.text.reader import read_text
from zen_cli.report import starters
from zen_cli.training import durable

TEMPLATES = sorted(shipped.TEMPLATES.glob("*.yaml"))
FULL = [path for path in TEMPLATES if path.stem != "minimal"]
BY_NAME = {"ids": lambda path: path.stem}
EXAMPLES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty directory to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def schema(tmp_path_factory, monkeypatch):
    """A folder of shipped configs with a schema of known content."""
    folder = tmp_path_factory.mktemp("shipped")
    (folder / shipped.SCHEMA).write_text("{}\n", encoding="utf-8")
    (folder / "sine.yaml").write_bytes((CONFIGS / "sine.yaml").read_bytes())
    monkeypatch.setattr(shipped, "EXAMPLES", folder)
    return "{}\n"


def text_of(path):
    return path.read_text(encoding="utf-8")


def builds(text):
    Path("built.yaml").write_text(text, encoding="utf-8")
    return open_config(Path("built.yaml"), []).experiment


# --- what the templates say ---

# `key: value`, `#key: value`, `- Name`, `- Name: value`; a comment after it, which may go on in lines of its own
SETTING = re.compile(r"(?m)^( *)(#?)((?:- )?)(\w+)(:?) *([^#\n]*?) *(?:# (.*))?$")
ALTERNATIVES = re.compile(r"\b(?:or|such as)( `[^`]+`(?:, `[^`]+`)*)")


def settings_said(path):
    """The template with comments of several lines made one, and its matches of SETTING."""
    text = re.sub(r"\n {20,}# ", " ", text_of(path))
    found = [match for match in SETTING.finditer(text) if match[4]]
    assert len(found) > 15
    return text, found


def in_place_of(text, match, new):
    return text[: match.start()] + new + text[match.end() :]


def uncommented(match):
    return f"{match[1]}{match[3]}{match[4]}{match[5]} {match[6]}".rstrip()


def test_there_are_templates():
    assert {"forecast", "classify", "images", "minimal"} <= {path.stem for path in TEMPLATES}


@pytest.mark.parametrize("path", FULL, **BY_NAME)
def test_a_setting_that_is_commented_out_is_at_its_default(path):
    text, found = settings_said(path)
    told = resolved(text)
    hidden = [match for match in found if match[2]]
    assert len(hidden) >= 8
    for match in hidden:
        assert match[7], f"{match[0]} has no comment"
        assert resolved(in_place_of(text, match, uncommented(match))) == told, match[0]
    assert resolved(SETTING.sub(lambda m: uncommented(m) if m[4] else m[0], text)) == told


@pytest.mark.parametrize("path", FULL, **BY_NAME)
def test_the_alternatives_that_a_comment_gives_can_be_taken(path):
    text, found = settings_said(path)
    taken = 0
    for match in found:
        for alternative in re.findall(r"`([^`]+)`", "".join(ALTERNATIVES.findall(match[7] or ""))):
            is_name = match[3] or not match[6]
            new = {4: alternative} if is_name else {6: alternative}
            builds(in_place_of(text, match, "{0}{2}{3}{4} {5}".format(*(new.get(i, match[i]) for i in range(1, 7)))))
            taken += 1
    assert taken > 15


@pytest.mark.parametrize("path", FULL, **BY_NAME)
def test_the_defaults_that_comments_state_are_the_real_ones(path):
    text, found = settings_said(path)
    on_line = {text.count("\n", 0, match.start()) + 1: match for match in found}
    owners = {name: component for components in COMPONENTS.values() for name, component in components.items()}
    owners |= dict(sections(Config))
    stated = 0
    for (*_, owner, key), place in below_root(resolve(read_text(text, path.name)).places):
        match = on_line.get(place.line)
        if match and match[4] == key and (said := re.search(r"\(default (.*)\)", match[7] or "")):
            default = settings_of(owners[owner])[key].default
            assert yaml.safe_load(said[1]) == ([] if default == () else default), match[0]
            stated += 1
    assert stated == text.count("(default ") >= 4


def below_root(places):
    return [(("", *path), place) for path, place in places.items() if path]


def sections(section, name=""):
    """Every section of a config under its name."""
    yield name, section
    for setting in settings_of(section).values():
        if dataclasses.is_dataclass(setting.annotation):
            yield from sections(setting.annotation, setting.name)


def paths_of_settings(section, path=()):
    for setting in settings_of(section).values():
        yield (*path, setting.name)
        if dataclasses.is_dataclass(setting.annotation):
            yield from paths_of_settings(setting.annotation, (*path, setting.name))


@pytest.mark.parametrize("path", FULL, **BY_NAME)
def test_every_setting_of_the_sections_is_in_a_full_template(path):
    text, _ = settings_said(path)
    everything = SETTING.sub(lambda m: uncommented(m) if m[4] else m[0], text)
    root = read_text(everything, path.name)
    assert [path for path in paths_of_settings(Config) if not stands_in(root, path)] == []


def stands_in(node, path):
    return not path or (path[0] in node.value and stands_in(node.value[path[0]], path[1:]))


@pytest.mark.parametrize("path", TEMPLATES, **BY_NAME)
def test_names_in_the_comments_exist(path):
    known = {name for components in COMPONENTS.values() for name in components}
    known |= {setting[-1] for setting in paths_of_settings(Config)} | {"layers", "stride"}
    for command in re.findall(r"`zen ([^`]*)`", text_of(path)):
        asked = command if command.startswith("explain") else f"{command} --help"
        assert run_zen(*asked.split()).code == 0, asked
    for said in re.findall(r"`#?(?!zen )([A-Za-z]\w*)[^`]*`", text_of(path)):
        assert said in known | VALUES, said


VALUES = {"true", "false", "float64", "valid", "recursive", "random", "stratified", "last", "val_rmse", "val_accuracy"}


@pytest.mark.parametrize("path", TEMPLATES, **BY_NAME)
def test_a_template_opens_like_an_example_in_plain_characters(path):
    lines = text_of(path).splitlines()
    assert lines[0] == f"# yaml-language-server: $schema={shipped.SCHEMA}"
    assert lines[3] == f"#   zen train {path.name}"
    assert text_of(path).isascii()
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("path", TEMPLATES, **BY_NAME)
def test_a_template_gets_the_score_that_it_states(path, tmp_path):
    run = train_once(tmp_path, path)
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))["validation"]["scores"]
    metric, bound, number = re.search(r"validation (RMSE|accuracy) of (less than )?([\d.]+\d)", text_of(path)).groups()
    said, got = float(number), scores[metric if metric == "accuracy" else "rmse"]
    if bound:
        assert got < said
    else:
        assert got == pytest.approx(said, rel=0.05 if metric == "RMSE" else 0.015)


@pytest.mark.parametrize("path", TEMPLATES, **BY_NAME)
def test_a_template_trains_through_the_command_line(path):
    assert run_zen("init", "--template", path.stem).code == 0
    trained = run_zen("train", path.name, "training.epochs=2")
    assert trained.code == 0, trained.err
    assert "warning" not in trained.err
    assert Path("runs", f"{path.stem}-1", "plots", "predictions.png").exists() == (path.stem in ("forecast", "minimal"))


def test_the_help_lists_every_template_with_its_purpose():
    shown = run_zen("init", "--help").out
    for template in starters.templates().values():
        assert re.search(rf"^ +{template.name} +{re.escape(template.purpose)}$", shown, re.M)


# --- zen init ---


def test_init_writes_a_config_named_after_its_template(schema):
    outcome = run_zen("init", "--template", "images")
    assert (outcome.code, outcome.out) == (0, "images.yaml\n")
    assert outcome.err == (
        "zen.schema.json lets editors complete and check configs\n"
        "Next   zen check images.yaml\n       zen train images.yaml\n"
    )
    assert text_of(Path("images.yaml")) == text_of(shipped.TEMPLATES / "images.yaml")
    assert text_of(Path(shipped.SCHEMA)) == schema


@pytest.mark.parametrize("file", ["my digits.yaml", "new/folder/a.yaml", "日本.yaml", "a\nb.yaml"])
def test_init_writes_the_file_it_is_told_to_with_the_command_for_it(file):
    outcome = run_zen("init", file)
    assert (outcome.code, outcome.out) == (0, f"{file}\n")
    command = text_of(Path(file)).splitlines()[3]
    assert command.startswith("#   zen train ")
    assert resolved(text_of(Path(file))) == resolved(text_of(shipped.TEMPLATES / "forecast.yaml"))


def test_a_dash_is_standard_output(here):
    outcome = run_zen("init", "-", "--template", "minimal")
    assert (outcome.code, outcome.err, list(here.iterdir())) == (0, "", [])
    assert outcome.out == text_of(shipped.TEMPLATES / "minimal.yaml")


def test_init_replaces_a_file_by_force_alone(here):
    config = here / "forecast.yaml"
    config.write_text("mine\n", encoding="utf-8")
    refused = run_zen("init")
    assert (refused.code, refused.out, text_of(config)) == (2, "", "mine\n")
    assert refused.err == ("zen: forecast.yaml exists and differs: name another FILE, or replace it with --force\n")
    assert run_zen("init", "--force").code == 0
    assert text_of(config) == text_of(shipped.TEMPLATES / "forecast.yaml")
    config.chmod(0o444)
    assert run_zen("init").code == 0  # it is there as it should be


def test_a_schema_of_another_version_stays_but_by_force(here, schema):
    (here / shipped.SCHEMA).write_text('{"other": 1}', encoding="utf-8")
    outcome = run_zen("init")
    assert (outcome.code, text_of(here / shipped.SCHEMA)) == (0, '{"other": 1}')
    assert "zen.schema.json stays as it is, from another version of zen: `zen schema` prints" in outcome.err
    assert run_zen("init", "--force").code == 0
    assert text_of(here / shipped.SCHEMA) == schema


# --- zen examples ---


def test_examples_are_listed_with_what_to_expect():
    rows = [line.split("\t") for line in run_zen("examples").out.splitlines()]
    assert [name for name, *_ in rows] == EXAMPLES
    for _, purpose, expectation in rows:
        assert purpose.endswith(".")
        assert re.fullmatch(
            r"Expect a (validation|test) (RMSE|accuracy|perplexity) of [\d.]+.* seconds?\.", expectation
        )


def test_on_a_terminal_the_list_is_wrapped():
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    with contextlib.redirect_stdout(terminal):
        shown = starters.listing()
    assert max(map(len, shown.splitlines())) <= 100
    assert [line.split()[0] for line in shown.splitlines() if line[0] != " "] == EXAMPLES


def test_examples_are_copied_with_the_schema(here, schema):
    outcome = run_zen("examples", "sine.yaml", "sine", "-o", "a/b")
    assert (outcome.code, outcome.out) == (0, "a/b/sine.yaml\n")
    assert outcome.err.endswith("Next   zen check a/b/sine.yaml\n       zen train a/b/sine.yaml\n")
    assert text_of(here / "a" / "b" / shipped.SCHEMA) == schema
    copy = text_of(here / "a" / "b" / "sine.yaml")
    assert "\n#   zen train sine.yaml\n" in copy
    assert resolved(copy) == resolved(text_of(CONFIGS / "sine.yaml"))
    assert run_zen("examples", "sine", "-o", "a/b").code == 0
    assert run_zen("examples", "sine", "-o", "-").out == copy


def test_of_several_examples_none_is_copied_where_one_would_replace_a_file(here):
    (here / "digits.yaml").write_text("mine\n", encoding="utf-8")
    refused = run_zen("examples", "sine", "digits")
    assert (refused.code, refused.out, [path.name for path in here.iterdir()]) == (2, "", ["digits.yaml"])
    assert refused.err == (
        "zen: digits.yaml exists and differs: name another directory with --output, or replace it with --force\n"
    )
    assert run_zen("examples", "sine", "digits", "--force").code == 0
    assert run_zen("train", "digits.yaml", "training.epochs=1", "-q").code == 0


# --- what is in the way ---

ELSEWHERE = "name another directory with --output"


@pytest.mark.parametrize("name", ["digits.yaml", shipped.SCHEMA])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_nothing_is_written_where_something_else_than_a_file_is_in_the_way(here, name, force):
    (here / name).mkdir()
    refused = run_zen("examples", "sine", "digits", *force)
    assert (refused.code, refused.out, [path.name for path in here.iterdir()]) == (2, "", [name])
    assert refused.err == f"zen: {name} is no regular file: {ELSEWHERE}\n"


def test_a_link_to_nothing_is_in_the_way(here):
    (here / "a.yaml").symlink_to("gone/a.yaml")
    assert run_zen("init", "a.yaml").err == "zen: a.yaml is no regular file: name another FILE\n"


@pytest.mark.parametrize(("force", "code", "text"), [([], 5, "mine\n"), (["--force"], 0, None)])
def test_a_config_that_appears_meanwhile_is_replaced_by_force_alone(here, monkeypatch, force, code, text):
    def appear(path, data, **settings):
        path.write_text("mine\n", encoding="utf-8")
        durable.deliver(path, data, **settings)

    monkeypatch.setattr(starters, "deliver", appear)
    outcome = run_zen("init", "a.yaml", *force)
    assert outcome.code == code
    assert text_of(here / "a.yaml") == (text or starters.templates()["forecast"].named("a.yaml"))
    assert text is None or outcome.err.endswith("a.yaml: File exists\n")
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []


# --- what is refused ---

BAD = [
    ("init --template nope", 2, "no template named 'nope': the templates are classify, forecast, images and minimal$"),
    ("init --template clasify", 2, "no template named 'clasify': did you mean `classify`\\?$"),
    ("init images", 2, "images is a template: write zen init --template images, or images.yaml for the file$"),
    ("init .", 2, "File '.' is a directory"),
    ("init file/a.yaml", 5, "file: File exists$"),
    ("init /proc/a.yaml", 5, "/proc/a.yaml: "),
    ("examples sin", 2, "no example named 'sin': did you mean `sine`\\?$"),
    ("examples zzz", 2, "no example named 'zzz': the examples are adding, .* and titanic$"),
    ("examples sine -o file", 2, "Directory 'file' is a file"),
    ("examples sine digits -o -", 2, "standard output takes one config at a time"),
    ("examples -o there", 2, "are for copies: name a config to copy"),
    ("examples --force", 2, "are for copies: name a config to copy"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), BAD, ids=[case[0] for case in BAD])
def test_what_cannot_be_done_is_refused_with_a_message(here, arguments, code, words):
    (here / "file").touch()
    outcome = run_zen(*arguments.split())
    assert (outcome.code, outcome.out) == (code, "")
    assert re.search(words, outcome.err.rstrip())
    assert [path.name for path in here.iterdir()] == ["file"]


def test_an_installation_without_its_examples_says_so(here, monkeypatch):
    monkeypatch.setattr(shipped, "EXAMPLES", here / "a")
    monkeypatch.setattr(shipped, "CHECKOUT", here / "b")
    outcome = run_zen("examples")
    assert (outcome.code, outcome.out) == (5, "")
    assert "install zen-cli again" in outcome.err


# --- packaging and completion ---


def test_the_wheel_has_the_configs_where_they_are_looked_for():
    project = tomllib.loads(text_of(CONFIGS.parent / "pyproject.toml"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {CONFIGS.name: shipped.EXAMPLES.relative_to(shipped.PACKAGE.parent).as_posix()}


@pytest.mark.parametrize(
    ("command", "parameter", "beginning", "names"),
    [("init", "name", "im", ["images"]), ("examples", "names", "sine", ["sine", "sine_cosine"])],
)
def test_names_complete(command, parameter, beginning, names):
    (declared,) = (p for p in cli.commands[command].params if p.name == parameter)
    offered = declared.shell_complete(click.Context(cli.commands[command]), beginning)
    assert [item.value for item in offered] == names


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_copied_example_finds_its_data(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_zen("examples", name).code == 0
    checked = run_zen("check", f"{name}.yaml", "--level", "data")
    assert (checked.code, checked.err) == (0, "")
