"""Configs with something changed at random, in their text or in their tree, and overrides: the same ones every time."""

import copy
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin

from conftest import CLASSES, CONFIGS, DATA, DATED, IMAGES, SERIES, TABLE, TEXT, link_data

from zen_cli.config.language.examples import required
from zen_cli.config.language.grammar import component_kind, item_type
from zen_cli.config.language.registry import COMPONENTS, REQUIRED, settings_in_yaml, settings_of
from zen_cli.config.language.schema import Checkpoints, Config, Data, Split, Training
from zen_cli.config.text.reader import read_text
from zen_cli.config.text.written import flow, one_line, scalar
from zen_cli.settings import IsFile, Pattern, Range

TESTED = Path(__file__).parent / "configs"
NAMES = ["layer_residual", "layer_conv1d", "layer_lstm", "layer_embedding", "loss_quantile", "optimizer_momentum"]
NAMES += ["source_csv", "source_csv_series", "source_csv_recursive", "source_ucr", "source_text", "source_text_lines"]
NAMES += ["source_idx", "source_npz", "source_images"]


class Mutant(NamedTuple):
    text: str
    overrides: Sequence[str]


def mutants(seed: int, count: int) -> Iterator[Mutant]:
    """Half of them changed as text, half as a tree, and one of five overridden too."""
    source, texts = random.Random(seed), originals()
    for turn in range(count):
        text = texts[turn % len(texts)]
        tree = read_text(text, "a config").plain()
        if turn // len(texts) % 2:
            change_tree(tree, source)
            text = written(tree)
        else:
            text = changed_text(text, source)
        times = source.randint(1, 2) if source.random() < 0.2 else 0
        mutant = Mutant(text, [random_override(tree, source) for _ in range(times)])
        yield mutant


def changed_trees(seed: int, count: int) -> Iterator[str]:
    """The texts of such as are changed as a tree."""
    source, texts = random.Random(seed), originals()
    for turn in range(count):
        tree = read_text(texts[turn % len(texts)], "a config").plain()
        change_tree(tree, source)
        yield written(tree)


def lay_out(folder: Path) -> None:
    """Put the data of all these configs into the folder that they are read in."""
    link_data(folder)
    link_data(folder / "data")
    link_data(folder / "data", of=CONFIGS / "data", but=[path.name for path in DATA.iterdir()])


def originals() -> list[str]:
    """The shipped configs and some that tests train, without their comments."""
    paths = [*sorted(CONFIGS.rglob("*.yaml")), *(TESTED / f"{name}.yaml" for name in NAMES)]
    return [re.sub(r"(?m)^#.*\n", "", path.read_text(encoding="utf-8")) for path in paths]


# --- text ---

PIECES = [*"{}[]:-,'\"#xX09.e \t&*!|>%@`?<\\~\0\x1b\x85\u2028\ufeff\u00a0é日", "", "1e99", " - ", ": ", "null"]
PIECES += ["---\n", "<<: ", "!!str ", "${x}", "%YAML 1.1\n", "9" * 101, "[" * 40, "x" * 300, '"\\0"', ".nan", "80%"]


def changed_text(text: str, source: random.Random) -> str:
    lines = text.split("\n")
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        i, j = source.randrange(len(lines)), source.randrange(len(lines))
        match source.randrange(6):
            case 0:
                del lines[i : i + 1]
                lines = lines or [""]
            case 1:
                lines.insert(i, lines[j])
            case 2:
                lines[i], lines[j] = lines[j], lines[i]
            case 3:
                indent, taken = source.choice(["", " ", "  ", "\t", "    "]), source.choice(["", " ", "- "])
                lines[i] = indent + lines[i].lstrip(taken)
            case _:
                at = source.randrange(len(lines[i]) + 1)
                lines[i] = lines[i][:at] + source.choice(PIECES) + lines[i][at + source.randint(0, 2) :]
    return "\n".join(lines)


# --- trees ---

WORDS = ["learning_rate", "Dense", "relu", "accuracy", "type", "name", "adam", "extends", "größe", "a b", "", "é\u2028"]
VALUES: list[Any] = [None, True, False, 0, 1, 2, 3, 7, -1, 0.5, 1.5, -0.0, 1e-9, 1e-310, 1e300, 1e13, 10**18, 10**40]
VALUES += [float("nan"), float("inf"), "", "0.1", "yes", "80%", "sin(x)", "log(x)", "x" * 400, "a\nb", "日本", "1,000"]
VALUES += [[], {}, [1], [3, 3], [[]], {"x": 1}, ["Tanh"], {"Linear": 3}, [0.1, 0.9], "Tanh", "MSE", "Adam", "val_loss"]
VALUES += ["1951-01", "2024-01-20", "flowers.csv", "data/names.txt", "species", ["sales", "visitors"], "random"]


def change_tree(tree: dict[str, Any], source: random.Random) -> None:
    changes = Changes(tree, source)
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        slots = list(slots_in(tree))
        if source.random() < 0.5 and slots:
            source.choice(changes.of_a_slot)(*source.choice(slots))
        else:
            source.choice(changes.of_the_whole)()


def slots_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree that holds something: a list or a block, and an index or a key of it."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield value, key
        yield from slots_in(child)


class Changes:
    """What can be done to a tree, one thing at a time."""

    def __init__(self, tree: dict[str, Any], source: random.Random) -> None:
        self.tree, self.source = tree, source
        self.of_a_slot = [self.rename, self.drop, self.duplicate, self.move, self.replace, self.scale, self.wrap]
        self.of_the_whole = [self.other_component, self.one_more_layer, self.other_order, self.other_metrics]
        self.of_the_whole += [self.other_scalers, self.other_split]

    # --- of what a list or a block holds ---

    def rename(self, owner: Any, key: Any) -> None:
        if isinstance(owner, dict):
            near = [f"{key}s", key[1:], key.upper(), self.source.choice(WORDS), self.source.choice(known_names())]
            new = self.source.choice(near)
            items = [(new if name == key else name, child) for name, child in owner.items()]
            owner.clear()
            owner.update(items)

    def drop(self, owner: Any, key: Any) -> None:
        del owner[key]

    def duplicate(self, owner: Any, key: Any) -> None:
        self.put(key, copy.deepcopy(owner[key]))

    def move(self, owner: Any, key: Any) -> None:
        self.put(key, owner.pop(key))

    def put(self, key: Any, child: Any) -> None:
        """Into any list or block of the tree."""
        owners = [self.tree, *(owner[at] for owner, at in slots_in(self.tree) if isinstance(owner[at], dict | list))]
        target = self.source.choice(owners)
        if isinstance(target, dict):
            target[key if isinstance(key, str) else self.source.choice(WORDS)] = child
        else:
            target.insert(self.source.randint(0, len(target)), child)

    def replace(self, owner: Any, key: Any) -> None:
        owner[key] = copy.deepcopy(self.source.choice(VALUES))

    def scale(self, owner: Any, key: Any) -> None:
        if isinstance(owner[key], int | float):
            owner[key] = self.source.choice([-1, 0.5, 2, 3, 1e-3, 1e30]) * owner[key]

    def wrap(self, owner: Any, key: Any) -> None:
        inner = owner[key]
        owner[key] = self.source.choice([[inner], {"Residual": [inner]}, {"x": inner}, str(inner)])

    # --- of the whole ---

    def other_component(self) -> None:
        """For one of those at the top, or for a layer; of the same kind, mostly."""
        kinds: list[tuple[str, Any, Any]] = [(kind, self.tree, kind) for kind in ("loss", "optimizer", "schedule")]
        kinds += [("layer", self.layers(), place) for place in range(len(self.layers()))]
        kinds += [("source", data, "source")] if isinstance(data := self.tree.get("data"), dict) else []
        kind, owner, key = self.source.choice(kinds)
        strange = self.source.random() < 0.1
        owner[key] = random_component(self.source.choice(list(COMPONENTS)) if strange else kind, self.source)

    def one_more_layer(self) -> None:
        layers = self.layers()
        layers.insert(self.source.randint(0, len(layers)), random_component("layer", self.source))

    def other_order(self) -> None:
        self.source.shuffle(self.layers())

    def other_metrics(self) -> None:
        self.tree["metrics"] = [random_component("metric", self.source) for _ in range(self.source.randint(1, 2))]

    def other_scalers(self) -> None:
        if isinstance(data := self.tree.get("data"), dict):
            data["scaling"] = [random_component("scaler", self.source) for _ in range(self.source.randint(1, 3))]

    def other_split(self) -> None:
        if isinstance(data := self.tree.get("data"), dict):
            known = settings_of(Split).values()
            some = [setting for setting in known if self.source.random() < 0.5]
            data["split"] = {setting.name: random_value(setting.annotation, self.source) for setting in some}

    def layers(self) -> list[Any]:
        model = self.tree.get("model")
        return model if isinstance(model, list) else []


def known_names() -> list[str]:
    return [name for components in COMPONENTS.values() for name in components]


# --- components with settings that fit, mostly ---


def random_component(kind: str, source: random.Random) -> Any:
    name = source.choice(list(COMPONENTS[kind]))
    settings = settings_in_yaml(kind, name).values()
    given = {
        s.name: random_value(s.annotation, source) for s in settings if s.default is REQUIRED or source.random() < 0.3
    }
    return {name: given} if given or source.random() < 0.5 else name


def random_value(annotation: Any, source: random.Random) -> Any:
    if source.random() < 0.03:
        return copy.deepcopy(source.choice(VALUES))
    if kind := component_kind(annotation):
        return random_component(kind, source)
    if item := item_type(annotation):
        return [random_value(item, source) for _ in range(source.randint(1, 3))]
    if get_origin(annotation) is Literal:
        return source.choice(get_args(annotation))
    if options := [option for option in get_args(annotation) if option is NoneType or get_origin(option)]:
        return random_value(source.choice(options), source)
    return random_scalar(annotation, source)


def random_scalar(annotation: Any, source: random.Random) -> Any:
    base, *extras = get_args(annotation) or (annotation,)
    bounds = next((extra for extra in extras if isinstance(extra, Range)), Range())
    if base is int:
        if source.random() < 0.02:
            return source.choice([10**6, 10**13, 10**300])
        least = 0 if bounds.least is None else int(bounds.least)
        return source.randint(least, min(least + 9, int(bounds.most or 99)))
    if base is float:
        return round(source.uniform(0.01, 0.99 if bounds.below or bounds.most else 3.0), 3)
    if base is bool:
        return source.random() < 0.5
    if any(isinstance(extra, Pattern) for extra in extras):
        return source.choice(["head", "head_2", "a-1", "1951-01", "2024-01-20"])
    if any(isinstance(extra, IsFile) for extra in extras):
        return source.choice(["flowers.csv", "sales.csv", "names.txt", "points.npz", "shapes", "none.csv"])
    return None if base is NoneType else source.choice(["sin(x)", "val_loss", "loss", "x", "length", "sales", "garden"])


# --- every setting ---


Owner = tuple[str, ...]  # the path of a section, or the kind and the name of a component

SECTIONS: list[tuple[type, Owner]] = [(Config, ()), (Data, ("data",)), (Split, ("data", "split"))]
SECTIONS += [(Training, ("training",)), (Checkpoints, ("checkpoints",))]
EXTREMES: list[Any] = [0, -1, 1e13, 10**40, 1e300, float("nan"), float("-inf"), None, "", "x" * 400, [], [3, 3], {}]


def with_extremes() -> Iterator[str]:
    """Configs in which one setting is extreme: each that there is, and for more kinds of data each of these."""
    of_data = [row for row in every_setting() if row[0][:1] in (("data",), ("source",), ("scaler",))]
    for bases, settings in (((SERIES, CLASSES, IMAGES), [*every_setting()]), ((TABLE, DATED, TEXT), of_data)):
        for base, (owner, setting), value in itertools.product(bases, settings, EXTREMES):
            yield written(with_setting(read_text(base, "a config").plain(), owner, setting, value))


def every_setting() -> Iterator[tuple[Owner, str]]:
    for section, path in SECTIONS:
        yield from ((path, name) for name in settings_of(section))
    for kind, components in COMPONENTS.items():
        yield from (((kind, name), setting) for name in components for setting in settings_in_yaml(kind, name))


def with_setting(tree: dict[str, Any], owner: Owner, setting: str, value: Any) -> dict[str, Any]:
    tree = copy.deepcopy(tree)
    if owner[:1] not in [(kind,) for kind in COMPONENTS]:
        place = tree
        for key in owner:
            place = place.setdefault(key, {})
        place[setting] = value
        return tree
    kind, name = owner
    put_component(tree, kind, {name: required(COMPONENTS[kind][name]) | {setting: value}})
    return tree


def put_component(tree: dict[str, Any], kind: str, component: Any) -> None:
    first = 1 if "Reshape" in tree["model"][0] else 0
    match kind:
        case "source":
            tree["data"]["source"] = component
        case "scaler":
            tree["data"]["scaling"] = [component]
        case "layer":
            tree["model"].insert(first, component)
        case "initializer":
            tree["model"].insert(first, {"Linear": {"units": 4, "initializer": component}})
        case "metric":
            tree["metrics"] = [component]
        case _:
            tree[kind] = component


# --- as text ---


def written(tree: dict[str, Any]) -> str:
    """A config with a line for each layer and for each key at the top."""
    return "\n".join(line for key, value in tree.items() for line in lines_of(scalar(key), value))


def lines_of(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and value:
        yield f"{key}:"
        yield from (f"  - {one_line(item)}" for item in value)
    else:
        yield f"{key}: {flow(value)}"


def random_override(tree: dict[str, Any], source: random.Random) -> str:
    """To a place in the tree, mostly."""
    path: list[str] = []
    value: Any = tree
    while isinstance(value, dict | list) and value and (not path or source.random() < 0.8):
        key = source.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value, path = value[key], [*path, str(key)]
    if source.random() < 0.3:
        path[source.randrange(len(path)) if path else 0 :] = [source.choice([*WORDS, *known_names(), "0", "-1", "99"])]
    given = source.choice([*VALUES, random_component("layer", source), random_component("optimizer", source)])
    return f"{'.'.join(path)}{source.choice(['=', '=', '=', '+='])}{one_line(given)}"
