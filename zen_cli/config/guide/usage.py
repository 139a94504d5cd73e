"""How each topic is written: an example of it in a file, and as KEY=VALUE on the command line."""

import shlex
from typing import Any

from zen_cli.config.guide.topics import HOMES, Component, Kind, Leaf, Section, Topic, inside
from zen_cli.config.language.examples import component_example, example, kind_example, required, section_example
from zen_cli.config.language.registry import COMPONENTS
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.config.text.written import block, one_line

LAYERS = COMPONENTS["layer"]
COMPONENT_NAMES = {name for components in COMPONENTS.values() for name in components}


def in_file(topic: Topic) -> str:
    """The lines of a config that say it, without those that stand around them."""
    path, value = _placed(topic)
    for key in reversed(path):
        if isinstance(key, int):
            value = [value]
        else:  # around an initializer stands a layer, which needs more
            value = {key: required(LAYERS[key]) | value if key in LAYERS else value}
    return "\n".join(line for _, line in block(value, _opens))


def as_override(topic: Topic) -> str:
    """Quoted for a shell; empty where no override can say it."""
    if isinstance(topic, Section):
        return as_override(next(iter(inside(topic).values())))
    path, value = _setting(topic) if isinstance(topic, Leaf) else _placed(topic)
    if path == ("extends",):
        return ""
    if path in (HOMES["metric"], HOMES["scaler"]):  # a file may have none yet
        return f"{dotted(path[:-1])}+={shlex.quote(one_line(value))}"
    return f"{dotted(path)}={shlex.quote(one_line(value))}"


def _placed(topic: Topic) -> tuple[KeyPath, Any]:
    """Where the example of a topic stands, and what stands there."""
    match topic:
        case Section(path, made):
            return path, section_example(topic.title, made)
        case Kind(kind):
            return HOMES[kind], kind_example(kind)
        case Component(kind, name):
            return HOMES[kind], component_example(kind, name)
        case Leaf(Component(kind, name) as owner, setting):
            return HOMES[kind], {name: required(owner.made) | {setting.name: example(setting)}}
        case Leaf():
            return _setting(topic)


def _setting(leaf: Leaf) -> tuple[KeyPath, Any]:
    owner = leaf.owner
    path = owner.path if isinstance(owner, Section) else (*HOMES[owner.kind], owner.name)
    return (*path, leaf.setting.name), example(leaf.setting)


def _opens(path: KeyPath, value: Any) -> bool:
    """Sections and lists of components do; a component stands on one line."""
    return (*path, 0) in HOMES.values() or (isinstance(value, dict) and path[-1] not in COMPONENT_NAMES)
