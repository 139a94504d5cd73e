"""Configs that were made to do harm: each is refused in bounded memory and time, and runs nothing.

All of them go through the real command, in one process of little memory: one case that took too much would end it.
"""

import json
import pickle
import sys
from pathlib import Path

import pytest
from conftest import TINY, changed
from limited import RAN, Evil, demand_answers, on_linux

from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.reader import read_text

pytestmark = on_linux

# --- configs ---

BIG = 250_000  # characters, about as many as a config may have
BOMB = "a0: &a0 [lol, lol]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
MERGES = "a0: &a0 {k: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 10))
TAGGED = 'data: !!python/object/apply:os.system ["touch ran"]\n'
CONFIGS = {  # text, words
    "a tag that runs": (TAGGED, "a tag (`!name`) is not read"),
    "a tag that imports": ("data: !!python/module:os\n", "a tag"),
    "an alias bomb": (BOMB, "an anchor (`&name`) is not read"),
    "a merge bomb": (MERGES, "an anchor (`&name`) is not read"),
    "aliases to no anchor": (f"a: [{'*a,' * 20_000}]", "an alias (`*name`) is not read"),
    "brackets": (f"a: {'[' * BIG}", "nested more than 32 levels"),
    "braces": (f"a: {'{a: ' * 60_000}", "nested more than 32 levels"),
    "indents": ("\n".join(f"{' ' * i}a:" for i in range(700)), "nested more than 32 levels"),
    "complex keys": ("? " * 100_000, "nested more than 32 levels"),
    "5,000 digits": (f"seed: {'9' * 5000}\n", "this number has over 100 characters"),
    "digits alone": (f"seed: {'9' * BIG}\n", "this number has over 100 characters"),
    "digits after a point": (f"seed: 0.{'9' * BIG}\n", "this number has over 100 characters"),
    "digits of an exponent": (f"seed: 1e{'9' * BIG}\n", "this number has over 100 characters"),
    "a list of numbers": (f"model: [{'1,' * 30_000}]\n", "... and "),
    "a list of layers": ("model:\n" + "- Linear: 1\n" * 8_000, "data: is missing"),
    "layers of unknown names": ("model:\n" + "".join(f"- L{i}: 1\n" for i in range(5_000)), "... and "),
    "one key again and again": ("seed: 1\n" * 30_000, "the key `seed` stands here again"),
    "one key in braces": (f"data: {{{'a: 1,' * 10_000}}}", "the key `a` stands here again"),
    "keys": ("".join(f"k{i}: 1\n" for i in range(8_000)), "... and "),
    "a line": (f"seed: {'x' * BIG}\n", "expected a whole number"),
    "a key": (f"{'x' * BIG}: 1\n", "by name"),
    "documents": ("---\n" * 60_000, "a second document starts here"),
    "directives": ("%YAML 1.1\n" * 20_000, "duplicate YAML directive"),
    "empty lines": ("\n" * BIG, "this config is empty"),
    "quotes": (f"a: {chr(39) * BIG}", "there is no such key"),
    "over the limit": ("a: 1\n" * 100_000, "this is over 256 KiB"),
    "a pickle": (pickle.dumps(Evil()), "is not UTF-8"),
    "a zip": (b"PK\x03\x04" + bytes(40), "a config cannot hold the character"),
    "endless": (Path("/dev/zero"), "this is over 256 KiB"),
    "of itself": ("extends: of_itself.yaml\n", "leads back"),
    "of a device": ("extends: /dev/zero\n", "no file that can be read again"),
}
EXPRESSIONS = {
    "9**9**9": "is inf",
    "9" * 999: "is inf",
    "x**" * 330 + "x": "nested more than 200 levels",
    "(" * 400 + "x" + ")" * 400: "a formula",
    "-" * 990 + "x": "nested more than 200 levels",
    "sin(" * 150 + "x": "",
    "2 x " * 200: "",
    "x" * 5000: "the most is 1000",
    "__import__('os').system('touch ran')": "is not part of a formula",
    "(lambda: open('ran', 'w'))()": "is not part of a formula",
    "[x for x in range(9**9)]": "is not part of a formula",
    "x.__class__.__base__.__subclasses__()": "is not part of a formula",
    "f'{x.__class__}'": "is not part of a formula",
    "'a' * 9**9": "is not part of a formula",
}
SETTINGS = {  # what of TINY becomes what
    ("points: 12", "points: 1000000000000"): "needs 32 TB of memory",
    ("points: 12", f"points: {10**22}"): "expected a whole number",
    ("Linear: 1", "Linear: 1000000000000"): "needs 24 TB of memory",
    ("hidden_dim: 2", "hidden_dim: 100000"): "needs 80 GB of memory",
    ("window: 3", "window: 10000000000"): "a window of 10000000000 values",
    ("epochs: 2", f"epochs: {10**50}"): "expected a whole number",
    ("sin(x)", "[" + "sin(x)," * 5_000 + "]"): "",
}


def test_a_hostile_config_is_refused(tmp_path):
    cases = {f"{name.replace(' ', '_')}.yaml": case for name, case in CONFIGS.items()}
    for turn, (expression, words) in enumerate(EXPRESSIONS.items()):
        cases[f"expression_{turn}.yaml"] = changed(TINY, "sin(x)", json.dumps(expression)), words
    for turn, (change, words) in enumerate(SETTINGS.items()):
        cases[f"setting_{turn}.yaml"] = changed(TINY, *change), words
    for name, (text, _) in cases.items():
        if isinstance(text, Path):
            (tmp_path / name).symlink_to(text)
        else:
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    demand_answers(tmp_path, [(["check", name], 2, words) for name, (_, words) in cases.items()])
    assert not (tmp_path / RAN).exists()


def calls_of(work):
    """How many functions of Python are called: time, without a clock."""
    calls = []
    sys.setprofile(lambda _, event, __: calls.append(event) if event == "call" else None)
    try:
        work()
    finally:
        sys.setprofile(None)
    return len(calls)


@pytest.mark.parametrize("text", [TAGGED, BOMB, MERGES, f"a: {'[' * BIG}"], ids=["tag", "aliases", "merges", "depth"])
def test_a_bomb_takes_no_longer_than_its_text(text):
    def read():
        with pytest.raises(ConfigError):
            read_text(text, "bomb.yaml")

    assert calls_of(read) < 50_000
