"""zen against the values and gradients that PyTorch computed: tests/reference/README.md says how.

The name of a case is what a config says, so that the table of names stands in one place.
"""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import built, resolved

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.config.language.registry import COMPONENTS
from zen_cli.config.meaning.components import component, name_of, settings_in
from zen_cli.nn.parameters import Declaration, Parameters
from zen_cli.optim import Clip
from zen_cli.schedule import Progress, Watch

KINDS = ["function", "layer", "model", "loss", "optimizer", "schedule"]
STORED = {
    kind: json.loads((Path(__file__).parent / "reference" / f"{kind}.json").read_text(encoding="utf-8"))
    for kind in KINDS
}
NOT_IN_PYTORCH = {
    "Dropout": "its masks come from another generator",
}


def every(kind):
    return pytest.mark.parametrize("name", STORED[kind]["cases"])


def arrays(stored):
    return {name: np.array(value) for name, value in stored.items()}


def close(found, stored, what="", rtol=1e-10):
    np.testing.assert_allclose(found, np.array(stored), rtol, atol=1e-12, strict=True, err_msg=what)


def from_config(kind, name):
    """What a config makes of the name of a case."""
    config = {"data": "source: Digits", "model": "- Tanh", "loss": "MSE", "optimizer": "SGD"} | {kind: name}
    values = resolved("".join(f"{key}:\n  {value}\n" for key, value in config.items()))[kind]
    if kind == "model":
        return [component("layer", layer) for layer in values]
    if kind == "loss":
        return functools.partial(COMPONENTS["loss"][name_of(values)], **settings_in(values))
    return component(kind, values)


# --- values and gradients ---


def tensors(case):
    return {name: Tensor(array) for name, array in arrays(case["inputs"]).items()}


def check(case, y, inputs):
    """`inputs` by their name in the case."""
    rtol = case.get("rtol", 1e-10)
    close(y.value, case["y"], "y", rtol)
    y.backward(np.array(case["g"]))
    assert inputs.keys() == case["gradients"].keys()
    for name, x in inputs.items():
        close(x.grad, case["gradients"][name], f"the gradient of {name}", rtol)


@every("function")
def test_function(name):
    case, parsed = STORED["function"]["cases"][name], yaml.safe_load(name)
    ((function, settings),) = parsed.items() if isinstance(parsed, dict) else [(parsed, {})]
    inputs = tensors(case)
    check(case, getattr(ad, function)(*inputs.values(), **settings), inputs)


@every("layer")
def test_layer(name):
    (layer,) = from_config("model", f"- {name}")
    check_model(STORED["layer"]["cases"][name], [layer], f"0.{type(layer).__name__}.")


@every("model")
def test_model(name):
    check_model(STORED["model"]["cases"][name], from_config("model", name))


def check_model(case, layers, prefix=""):
    """`prefix` is what the names of a case leave out."""
    training = case.get("training", False)
    given = arrays(case["inputs"] | case["constants"])
    x = Tensor(given.pop("x"), requires_grad="x" in case["inputs"])
    model = built(layers, x.shape[2 if training else 1 :])
    own = {name.removeprefix(prefix): array for name, array in model.parameters.arrays().items()}
    assert {name: array.shape for name, array in own.items()} == {name: array.shape for name, array in given.items()}
    for name, array in own.items():
        array[...] = given[name]
    y = trained(model, x) if training else model(x)
    check(case, y, ({"x": x} if x.requires_grad else {}) | {p.name.removeprefix(prefix): p for p in model.parameters})
    for name, value in case["after"].items():
        close(own[name], value, name)


def trained(model, batches):
    """The outputs of the steps of a training, whose batches lie along the first axis."""
    return ad.stack([model.in_training(batch, step) for step, batch in enumerate(batches)])


@every("loss")
def test_loss(name):
    case = STORED["loss"]["cases"][name]
    inputs = tensors(case)
    pred = component("layer", {case["layer"]: {}})(inputs["pred"]) if "layer" in case else inputs["pred"]
    check(case, from_config("loss", name)(pred, **arrays(case["constants"])), inputs)


# --- rules ---


@every("optimizer")
def test_optimizer(name):
    stored, case = STORED["optimizer"], STORED["optimizer"]["cases"][name]
    optimizer, clip = from_config("optimizer", name), Clip(**case["clip"])
    declaration = Declaration()
    declaration("w", np.shape(stored["start"]), lambda _rng, _shape: stored["start"])
    parameters, path = Parameters(declaration, seed=0, dtype=np.dtype("float64")), []
    for gradient in stored["gradients"]:
        parameters.gradient[:] = gradient
        clip(parameters, parameters.gradient_norm())
        optimizer.update(parameters)
        path.append(parameters.vector.copy())
    close(path, case["path"])


@every("schedule")
def test_schedule(name):
    stored, case = STORED["schedule"], STORED["schedule"]["cases"][name]
    schedule, watch, rates = from_config("schedule", name), Watch(), []
    steps, per_epoch = len(case["scores"]), case["per_epoch"]
    for step, score in enumerate(case["scores"]):
        rates.append(stored["lr"] * schedule(Progress(step, steps, per_epoch, watch)))
        scores = {"loss": score, "val_accuracy": score}
        watch = schedule.watched(Progress(step + 1, steps, per_epoch, watch), scores)
    close(rates, case["rates"])


# --- the cases themselves ---


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in COMPONENTS])
def test_every_component_has_a_case_or_a_reason(kind):
    shown = {name.split("#")[0].split(":")[0].strip() for name in STORED[kind]["cases"]}
    assert shown == COMPONENTS[kind].keys() - NOT_IN_PYTORCH.keys()


@pytest.mark.parametrize("part", ["y", "gradients"])
def test_the_ninth_digit_counts(part):
    case = STORED["function"]["cases"]["logsumexp"]
    inputs = tensors(case)
    check(case, ad.logsumexp(inputs["x"]), inputs)
    wrong = {"y": case["y"] * (1 + 1e-9), "gradients": {"x": (np.array(case["gradients"]["x"]) * (1 + 1e-9)).tolist()}}
    inputs = tensors(case)
    with pytest.raises(AssertionError):
        check(case | {part: wrong[part]}, ad.logsumexp(inputs["x"]), inputs)
