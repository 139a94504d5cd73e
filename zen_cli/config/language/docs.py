"""What is said about components, sections and their settings: in docstrings, and by signatures.

A docstring may hold paragraphs of lines `setting: what it is`, whose continuation lines are indented by four more. All
else in it is prose. What several classes share is said once, in the class that they come from.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from zen_cli.config.language.grammar import is_section
from zen_cli.config.language.registry import Setting
from zen_cli.config.text import written

_SETTING = re.compile(r"([a-z]\w*): (.*(?:\n {4}.*)*)(?:\n|\Z)")
_SETTINGS = re.compile(f"(?:{_SETTING.pattern})+")
_SENTENCE_END = re.compile(r"(?<=[^.\s]\.)\s+(?=\D)")  # not within "He et al. 2015" or "0 .. 9"

# --- docstrings ---


@dataclass(frozen=True)
class Document:
    """A docstring taken apart: its first sentence, its prose with paragraphs and line breaks, a line per setting."""

    summary: str
    text: str
    settings: dict[str, str]


@cache
def document(component: Callable[..., Any]) -> Document:
    """What a component or a section, a class or a function, says of itself, and its base classes of its settings."""
    own = _parted(component)
    bases = component.__mro__[1:-1] if inspect.isclass(component) else ()
    inherited = {name: line for base in reversed(bases) for name, line in _parted(base).settings.items()}
    return Document(own.summary, own.text, inherited | own.settings)


def describe_setting(component: Callable[..., Any], name: str) -> str:
    """One or two sentences on a setting, on one line; empty where no docstring has a line for it."""
    return document(component).settings.get(name, "")


def _parted(component: Callable[..., Any]) -> Document:
    paragraphs = inspect.cleandoc(component.__doc__ or "").split("\n\n")
    prose = [paragraph for paragraph in paragraphs if not _SETTINGS.fullmatch(paragraph)]
    lines = (line for paragraph in paragraphs if paragraph not in prose for line in _SETTING.findall(paragraph))
    settings = {name: _joined(line) for name, line in lines}
    return Document(first_sentence(_joined(prose[0])), "\n\n".join(prose), settings)


def first_sentence(text: str) -> str:
    return _SENTENCE_END.split(text)[0]


def _joined(text: str) -> str:
    return " ".join(text.split())


def default_in_words(setting: Setting) -> str:
    """`required`, or the default as YAML; what a block of keys is when it is left out stands with its keys."""
    if setting.is_required:
        return "required"
    return "as below" if is_section(setting.annotation) else written.flow(setting.default)
