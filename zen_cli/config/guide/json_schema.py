"""The JSON Schema of a config, from the signatures that configs are checked against; for editors and for the shell.

Draft 7, which editors know best. A mistake should be told where it is and as what it is, so there is no choice between
schemas where one can be avoided: a component is an object with one property out of all names of its kind, and where
it may also be a bare name, `if` asks which of the two was written.

A config that extends another may leave out what is required, so that is said apart from the rest, in `_Required`. Lists
are not merged: what stands in one is complete.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from zen_cli.config.language.docs import describe_setting, document
from zen_cli.config.language.grammar import ARTICLES, component_kind, is_file, is_section, item_type, may_be_null
from zen_cli.config.language.registry import (
    COMPONENTS,
    REQUIRED,
    Setting,
    Settings,
    first_of,
    required_in,
    settings_in_yaml,
    settings_of,
)
from zen_cli.config.language.schema import Config
from zen_cli.config.language.values import as_json_schema, describe

Schema = dict[str, Any]

OBJECT: Schema = {"type": "object"}
NULL: Schema = {"type": "null"}
PATH: Schema = {"format": "path"}  # of a file, which the shell completes
UNOFFERED: Schema = {"doNotSuggest": True}  # by yaml-language-server: it is offered by other means


def text() -> str:
    """The schema as it is stored."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> Schema:
    """The schema of a config."""
    possible, required = _Possible(), _Required()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "config",
        "description": document(Config).summary,
        **possible.section(Config),
        "if": {"required": ["extends"], "properties": {"extends": {"type": "string"}}},
        "else": required.settings(settings_of(Config)),
        "definitions": possible.definitions | required.definitions,
    }


# --- what may be said ---


class _Possible:
    """Schemas of what may be said. Where a thing is `whole` it stands in a list, and must say what is required, too."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def section(self, section: type) -> Schema:
        settings = settings_of(section)
        return {
            "type": "object" if required_in(settings) else ["object", "null"],
            "properties": {name: self.setting(section, setting) for name, setting in settings.items()},
            "additionalProperties": False,
        }

    def setting(self, owner: Callable[..., Any], setting: Setting, whole: bool = False) -> Schema:
        """A setting of a section or component: what it is for, its default, and what it takes."""
        schema = _words(owner, setting)
        if not is_section(setting.annotation) and setting.default not in (REQUIRED, None):
            schema["default"] = list(setting.default) if isinstance(setting.default, tuple) else setting.default
        value = self.value(setting.annotation, whole)
        if setting.default == ():
            value |= {"type": [value["type"], "null"], "minItems": 0}
        return schema | value

    def value(self, annotation: Any, whole: bool) -> Schema:
        if is_section(annotation):
            return self.section(annotation)
        if kind := component_kind(annotation):
            nullable = may_be_null(annotation)
            types = ["string", "object", "null"] if nullable else ["string", "object"]
            return {"type": types, "allOf": [self.reference(kind, nullable, whole)]}
        if item := item_type(annotation):
            return {"type": "array", "items": self.value(item, whole=True), "minItems": 1}
        return _without_choice(as_json_schema(annotation)) | (PATH if is_file(annotation) else {})

    def reference(self, kind: str, nullable: bool, whole: bool) -> Schema:
        name = f"{'whole ' if whole else ''}{kind}{' or null' if nullable else ''}"
        if name not in self.definitions:
            self.definitions[name] = {}  # its own place, should it lead back to itself
            self.definitions[name] |= self.component(kind, nullable, whole)
        return {"$ref": f"#/definitions/{name}"}

    def component(self, kind: str, nullable: bool, whole: bool) -> Schema:
        """`Name`, or an object of one property: `Name: first-setting` or `Name: {setting: value, ...}`."""
        names = COMPONENTS[kind]
        bare = [name for name in names if not whole or not _required_of(kind, name)]
        # yaml-language-server looks for what it may offer here if this is a setting's value, and in `then` in a list
        offers = {"defaultSnippets": [_snippet(kind, name) for name in names]}
        block = {
            "type": "object",  # as `if` says, yet yaml-language-server would take it for a scalar
            "properties": {name: self.argument(kind, name, whole) for name in names},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        return {
            "title": kind,
            **({} if _is_listed(kind) else offers),
            "if": OBJECT,
            "then": offers | block if _is_listed(kind) else block,
            "else": {
                "enum": [*bare, *([None] if nullable else [])],
                "enumDescriptions": [document(names[name]).summary for name in bare],  # an editor shows them for a name
            },
        }

    def argument(self, kind: str, name: str, whole: bool) -> Schema:
        """What stands after `Name:`."""
        component = COMPONENTS[kind][name]
        said, settings = document(component), settings_in_yaml(kind, name)
        block = {
            "properties": {key: self.setting(component, setting, whole) for key, setting in settings.items()},
            "additionalProperties": False,
        }
        if whole and required_in(settings):
            block["required"] = required_in(settings)
        words = {"title": name, "description": said.summary, "markdownDescription": said.text} | UNOFFERED
        return words | {"if": OBJECT, "then": block, "else": self.short(kind, name, whole)}

    def short(self, kind: str, name: str, whole: bool) -> Schema:
        """What stands after `Name:` and is no block: the first setting's value, or nothing."""
        required = _required_of(kind, name) if whole else []
        first = first_of(COMPONENTS[kind][name])
        if first is None:
            return NULL
        if required not in ([], [first.name]):
            return OBJECT
        value = self.value(first.annotation, whole)
        return value if required else _without_choice({"anyOf": [value, NULL]})


def _words(owner: Callable[..., Any], setting: Setting) -> Schema:
    said = describe_setting(owner, setting.name)
    if is_section(setting.annotation) or component_kind(setting.annotation) or item_type(setting.annotation):
        return {"description": said}
    default = "required" if setting.is_required else f"default `{json.dumps(setting.default)}`"
    return {"description": said, "markdownDescription": f"{said}\n\n{describe(setting.annotation)}, {default}"}


def _snippet(kind: str, name: str) -> Schema:
    """What an editor offers for the name, with the settings that have to be given."""
    required = _required_of(kind, name)
    body = {name: {key: f"${place}" for place, key in enumerate(required, start=1)}} if required else name
    return {"label": name, "description": document(COMPONENTS[kind][name]).summary, "body": body}


def _without_choice(schema: Schema) -> Schema:
    """A choice between types as one schema, where it can be: the bounds of a number do not bind a list."""
    options = list(_options(schema))
    plain = [option for option in options if "type" in option and "enum" not in option]
    others = [option for option in options if option not in plain]
    if plain == [NULL] and len(others) == 1 and "enum" in others[0]:
        return {"enum": [*others[0]["enum"], None]}
    types = list(dict.fromkeys(kind for option in plain for kind in _types(option)))
    if len(plain) < 2 or {"integer", "number"} <= set(types):
        return schema
    merged = {key: value for option in plain for key, value in option.items()} | {"type": types}
    return {"anyOf": [*others, merged]} if others else merged


def _types(schema: Schema) -> list[str]:
    return schema["type"] if isinstance(schema["type"], list) else [schema["type"]]


def _options(schema: Schema) -> Iterator[Schema]:
    if "const" in schema:
        yield {"enum": [schema["const"]], "type": schema["type"]}
    elif "anyOf" not in schema:
        yield schema
    for option in schema.get("anyOf", ()):
        yield from _options(option)


# --- what must be said ---


class _Required:
    """Schemas of what must be said outside lists, by a config that extends no other. Empty where nothing must."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def settings(self, settings: Settings) -> Schema:
        below = {name: self.value(setting.annotation) for name, setting in settings.items()}
        schema = {
            "required": required_in(settings),
            "properties": {name: value for name, value in below.items() if value},
        }
        return {key: value for key, value in schema.items() if value}

    def value(self, annotation: Any) -> Schema:
        if is_section(annotation):
            block = self.settings(settings_of(annotation))
            return UNOFFERED | block if block else {}
        kind = component_kind(annotation)
        return self.reference(kind) if kind and _is_demanding(kind) else {}

    def reference(self, kind: str) -> Schema:
        name = f"required of {ARTICLES[kind]}"
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] |= self.component(kind)
        return UNOFFERED | {"allOf": [{"$ref": f"#/definitions/{name}"}]}

    def component(self, kind: str) -> Schema:
        demanding = [name for name in COMPONENTS[kind] if _required_of(kind, name)]
        below = {name: self.argument(kind, name) for name in COMPONENTS[kind]}
        return {
            "if": {"enum": demanding},
            "then": {"enum": [name for name in COMPONENTS[kind] if name not in demanding]},
            "properties": {name: UNOFFERED | argument for name, argument in below.items() if argument},
        }

    def argument(self, kind: str, name: str) -> Schema:
        block = self.settings(settings_in_yaml(kind, name))
        first = first_of(COMPONENTS[kind][name])
        if first is None or not (required := block.get("required")):
            return block
        return block | ({"if": NULL, "then": OBJECT} if required == [first.name] else OBJECT)


# --- signatures ---


def _required_of(kind: str, name: str) -> list[str]:
    return required_in(settings_in_yaml(kind, name))


def _is_demanding(kind: str, above: tuple[str, ...] = ()) -> bool:
    """Whether a component of the kind, or one among its settings, has settings that are required."""
    settings = [setting for name in COMPONENTS[kind] for setting in settings_in_yaml(kind, name).values()]
    below = {component_kind(setting.annotation) for setting in settings} - {None, kind, *above}
    return any(setting.is_required for setting in settings) or any(
        _is_demanding(other, (*above, kind)) for other in below if other
    )


def _is_listed(kind: str) -> bool:
    """Whether components of this kind stand in lists."""
    owners = [Config, *(component for components in COMPONENTS.values() for component in components.values())]
    types = [setting.annotation for owner in owners for setting in settings_of(owner).values()]
    return kind in {component_kind(item_type(annotation)) for annotation in types}
