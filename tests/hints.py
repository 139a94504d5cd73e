"""An interpreter of hints: it does to a config what a hint says, word for word. `cured` is all that tests need.

zen_cli/config/text/hints.py defines their language, and makes them all. What cannot be read, or cannot be done, is an
error: then the hint is wrong.
"""

import copy
import json
import re

from zen_cli.config.language.grammar import expand_components
from zen_cli.config.text.reader import read_text

REASON = r"(, (?:which|since|as|so|for) .*)?"
WORD = r"`[^`]+`"
WORDS = rf"{WORD}(?:(?:, | and | or ){WORD})*"
FORMS = {}  # the pattern of an alternative, and what it does: (text, problem, words) -> texts


class UnreadableHintError(AssertionError):
    pass


def form(pattern):
    def entered(function):
        FORMS[re.compile(pattern + REASON)] = function
        return function

    return entered


def cured(text, problem):
    """The config's text after each alternative of the problem's hint, in their order."""
    found = [after for alternative in problem.hint.split("; or ") for after in _applied(text, problem, alternative)]
    if not found:
        raise UnreadableHintError("there is no hint")
    return found


def _applied(text, problem, alternative):
    for pattern, function in FORMS.items():
        if match := pattern.fullmatch(alternative):
            return function(text, problem, *match.groups()[:-1])
    raise UnreadableHintError(f"no hint is written like this: {alternative}")


def _typed(words):
    """What stands in backticks."""
    return [word[1:-1] for word in re.findall(WORD, words)]


# --- what stands under the caret ---


@form(rf"did you mean ({WORD})\?")
@form(rf"use ({WORDS})")
def _other_word(text, problem, words):
    return [_with_stretch(text, problem, word) for word in _typed(words)]


@form(rf"write ({WORD})")
def _other_value(text, problem, words):
    (value,) = _typed(words)
    place = problem.place
    line = _lines(text)[place.line - 1]
    rest = line[place.column - 1 + place.width :]
    if re.fullmatch(r"\s*([,}\]:].*|#.*)?", rest):  # the stretch is a whole value, as far as one line shows
        return [_with_stretch(text, problem, value)]
    tree, *keys = _tree(text), *problem.path.split(".")
    _at(tree, keys[:-1])[_key(keys[-1])] = _value(value)
    return [json.dumps(tree)]


@form(r"put a dash before (`[^`]+`)")
def _dash(text, problem, words):
    (word,) = _typed(words)
    lines, place = _lines(text), problem.place
    line = lines[place.line - 1]
    if not line[place.column - 1 :].startswith(word):
        raise UnreadableHintError(f"{word} is not under the caret")
    lines[place.line - 1] = f"{line[: max(0, place.column - 3)]}- {line[place.column - 1 :]}"
    return ["\n".join(lines)]


def _with_stretch(text, problem, word):
    """The text with `word` in the place of what the caret marks."""
    place, lines = problem.place, _lines(text)
    if place.source.is_argument:
        raise UnreadableHintError("this hint is for an argument of the command line")
    line = lines[place.line - 1]
    start = place.column - 1
    space = " " if line[:start].endswith(("-", ":")) else ""  # where nothing stands yet
    lines[place.line - 1] = line[:start] + space + word + line[start + place.width :]
    return "\n".join(lines)


def _lines(text):
    return text.split("\n")


# --- what has a path ---


@form(rf"add ({WORD}) to (?:({WORD})|the config)")
def _more(text, problem, setting, block):  # noqa: ARG001 - as every form
    tree = _tree(text)
    ((key, value),) = _value(setting[1:-1]).items()
    _block(tree, block or "``")[key] = value
    return [json.dumps(tree)]


@form(rf"change ({WORD}) to ({WORD})")
def _another(text, problem, path, value):  # noqa: ARG001 - as every form
    tree, keys = _tree(text), path[1:-1].split(".")
    _at(tree, keys[:-1])[_key(keys[-1])] = _value(value[1:-1])
    return [json.dumps(tree)]


@form(rf"make it a layer of its own, ({WORD})")
def _own_layer(text, problem, layer):
    tree, keys = _tree(text), problem.path.split(".")
    del _at(tree, keys[:-1])[keys[-1]]
    _at(tree, keys[:-3]).insert(int(keys[-3]) + 1, *_value(layer[1:-1]))
    return [json.dumps(tree)]


@form(rf"remove ({WORD})")
def _less(text, problem, path):  # noqa: ARG001
    tree, keys = _tree(text), path[1:-1].split(".")
    del _at(tree, keys[:-1])[_key(keys[-1])]
    return [json.dumps(tree)]


@form(rf"move ({WORD}) to (?:({WORD})|the config)(?: as ({WORD}))?")
def _elsewhere(text, problem, path, block, name):  # noqa: ARG001
    tree, keys = _tree(text), path[1:-1].split(".")
    moved = _at(tree, keys[:-1]).pop(_key(keys[-1]))
    tree = _tree(json.dumps(tree))  # a component that stood beside the key is one now, and has its long form
    _block(tree, block or "``")[name[1:-1] if name else keys[-1]] = moved
    return [json.dumps(tree)]


@form(rf"put ({WORDS}) (before|after) it")
def _neighbours(text, problem, words, side):
    tree, keys = _tree(text), problem.path.split(".")
    stack, place = _at(tree, keys[:-1]), int(keys[-1]) + (side == "after")
    stack[place:place] = [item for word in _typed(words) for item in _value(word)]
    return [json.dumps(tree)]


@form(rf"end the model with ({WORDS})")
def _ending(text, problem, words):  # noqa: ARG001
    tree = _tree(text)
    tree["model"] += [_value(word) for word in _typed(words)]
    return [json.dumps(tree)]


def in_long_form(text):
    """A config with every component in full, as text."""
    whole = json.dumps(_tree(text))
    read_text(whole, "c.yaml")
    return whole


def _tree(text):
    """A config as plain data, its components in full, as paths have them."""
    root = read_text(text, "c.yaml")
    expand_components(root)
    return copy.deepcopy(root.plain())


def _value(text):
    """A value, a setting or a list as a person would type it."""
    return read_text(f"value={text}", "hint", value_at=6).plain()


def _block(tree, path):
    """The mapping at a path in backticks, made where there is none."""
    where = tree
    for part in filter(None, path[1:-1].split(".")):
        if isinstance(where, dict) and where.get(part) is None:
            where[part] = {}
        where = where[_key(part)]
    return where


def _key(part):
    return int(part) if part.isdecimal() else part


def _at(tree, keys):
    for key in keys:
        tree = tree[_key(key)]
    return tree
