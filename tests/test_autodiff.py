import gc
import inspect
import operator
import threading

import numpy as np
import pytest
from op_rows import REFERENCES, ROWS
from op_rows.draw import numbers, positive
from op_rows.probabilities import numpy_softmax

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor

TAKE_A_LIST = ("stack", "concatenate")
TAKE_LISTS = ("staggered_weights", "staggered_weights_composed")
GIVE_A_LIST = ("split",)
TOLERANCE = 1e-6  # central differences in float64 are good to about 1e-9


def is_constant(x):
    """Numbers, texts and arrays of booleans among a row's inputs are no tensors."""
    return isinstance(x, int | float | str) or (isinstance(x, np.ndarray | np.bool_) and x.dtype == bool)


def joined(parts):
    """What an op gave as a list, in one, so that it can be checked as others are."""
    room = ad if isinstance(parts[0], Tensor) else np
    return room.concatenate([room.reshape(part, (-1,)) for part in parts])


def bind(op, inputs, settings, function=None):
    """The row as a function of its arrays, and those arrays."""
    function = function or getattr(ad, op)
    arrays = [numbers(*x) if isinstance(x, tuple) else x for x in inputs if not is_constant(x)]

    def bound(*arrays):
        rest = iter(arrays)
        args = [x if is_constant(x) else next(rest) for x in inputs]
        args = [[args]] if op in TAKE_LISTS else [args] if op in TAKE_A_LIST else args
        out = function(*args, *settings)
        return joined(out) if op in GIVE_A_LIST else out

    return bound, arrays


every_row = pytest.mark.parametrize("row", [pytest.param(row, id=f"{i}-{row[0]}") for i, row in enumerate(ROWS)])


def test_table_has_a_row_for_every_op():
    functions = {name for name in ad.__all__ if inspect.isfunction(getattr(ad, name))}
    assert functions - {"equal", "gradient_error", "no_grad", "primitive"} == {row[0] for row in ROWS}


@every_row
def test_value_is_numpys_and_no_input_changes(row):
    function, arrays = bind(*row)
    expected, _ = bind(*row, REFERENCES.get(row[0]) or getattr(np, row[0]))
    inputs = [Tensor(x.copy()) for x in arrays]
    out = function(*inputs)
    np.testing.assert_allclose(out.value, expected(*arrays), rtol=1e-12, atol=1e-15)
    assert out.shape == np.shape(expected(*arrays))
    out.backward(np.ones(out.shape))
    for x, before in zip(inputs, arrays, strict=True):
        np.testing.assert_array_equal(x.value, before)


@every_row
def test_gradient_is_the_central_difference(row):
    function, arrays = bind(*row)
    assert ad.gradient_error(function, *arrays) < TOLERANCE


@every_row
def test_float32_stays_float32(row):
    function, arrays = bind(*row)
    inputs = [Tensor(x.astype(np.float32)) for x in arrays]
    out = function(*inputs)
    out.backward(np.ones(out.shape))
    assert {out.dtype, *(x.grad.dtype for x in inputs)} == {np.dtype(np.float32)}


REUSED = [lambda x: x * x + x, lambda x: x @ x @ x - x / 3, lambda x: ad.stack([x, x[::-1], x * 2]) @ x, lambda x: x**x]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_log_probabilities_are_those_of_the_axis_of_softmax(axis):
    function, x = lambda x: ad.log_probabilities(ad.softmax(x, axis)), numbers(2, 3)
    np.testing.assert_allclose(function(Tensor(x)).value, np.log(numpy_softmax(x, axis)), rtol=1e-12)
    assert ad.gradient_error(function, x) < TOLERANCE


@pytest.mark.parametrize("function", REUSED)
def test_a_tensor_used_twice_gets_the_sum_of_its_gradients(function):
    assert ad.gradient_error(function, positive(3, 3)) < TOLERANCE


# --- constants on either side, extremes ---

SCALARS = [2, 2.5, True, np.float32(2.5), np.float64(2.5), np.int64(2), np.bool_(True)]
ARRAYS = [[1.5, 2.5, 0.5], np.array([1, 2, 3]), np.array([[1.5], [2.5], [3]]), np.array(2.0), np.ones((2, 3, 3))]
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
PAIRS = [(op, c) for op in ARITHMETIC for c in SCALARS + ARRAYS] + [(operator.matmul, ARRAYS[i]) for i in (0, 1, 4)]


@pytest.mark.parametrize(("op", "constant"), PAIRS)
def test_constants_stand_on_both_sides(op, constant):
    x = positive(3, 3)
    for function in (lambda x: op(constant, x), lambda x: op(x, constant)):
        np.testing.assert_allclose(function(Tensor(x)).value, function(x), rtol=1e-14)
        assert ad.gradient_error(function, x) < TOLERANCE
        small = function(Tensor(x.astype(np.float32)))
        assert not np.isscalar(constant) or small.dtype == np.float32


def test_power_has_derivatives_at_zero_and_below():
    base, exponent = Tensor([-2.0, 0.0, 0.0, 0.0]), Tensor([3.0, 0.0, 1.0, 2.0])
    (base**exponent).backward(np.ones(4))
    assert (base.grad.tolist(), exponent.grad.tolist()) == ([12, 0, 1, 0], [0, 0, 0, 0])


EXTREMES = [
    (ad.sigmoid, [1, 0, 0.5]),
    (ad.tanh, [1, -1, 0]),
    (ad.softmax, [1, 0, 0]),
    (ad.log_softmax, [0, -2e4, -1e4]),
    (lambda x: x - ad.logsumexp(x), [0, -2e4, -1e4]),
    (lambda x: ad.softplus(x - 5e3), [5e3, 0, 0]),
    (lambda x: ad.leaky_relu(x, 0.25), [1e4, -2.5e3, 0]),
    (lambda x: ad.elu(x, 2.0), [1e4, -2, 0]),
    *[(op, [1e4, 0, 0]) for op in (ad.relu, ad.silu, ad.gelu, lambda x: ad.gelu(x, "tanh"))],
    (lambda x: ad.log_probabilities(ad.softmax(x)), [0, -2e4, -1e4]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("function", "expected"), EXTREMES)
def test_extreme_inputs_are_exact_and_silent(function, expected, dtype):
    x = Tensor(np.array([1e4, -1e4, 0], dtype))
    out = function(x)
    out.backward([1, 2, 3])
    np.testing.assert_array_equal(out.value, expected)
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("op", [ad.softmax, ad.log_softmax])
def test_softmax_is_as_exact_where_it_lies_far_below_the_others(op, axis, dtype):
    row = np.array([1, 2, 4, -np.inf], dtype)
    out = op(Tensor(np.stack([row, row - 1e4], axis=1 - axis)), axis)
    first, second = np.moveaxis(out.value, 1 - axis, 0)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, op(Tensor(row)).value, rtol=1e-6)


def test_softmax_of_no_rows_is_no_rows():
    assert ad.softmax(Tensor(np.ones((0, 3)))).value.shape == (0, 3)


# an op, where it has a kink, and the slope that is taken there
KINKS = [
    (ad.absolute, 0, 0),
    (ad.relu, 0, 0),
    (lambda x: ad.leaky_relu(x, 0.25), 0, 0.25),
    (lambda x: ad.leaky_relu(x, 3.0), 0, 3),
    (lambda x: ad.elu(x, 2.0), 0, 2),
    (lambda x: ad.clip(x, -1, 2), -1, 1),
    (lambda x: ad.clip(x, -1, 2), 2, 1),
    (lambda x: ad.maximum(x, 3), 3, 0.5),
    (lambda x: ad.minimum(3, x), 3, 0.5),
    (lambda x: ad.reduce_max(ad.stack([x, 1, 0, 1])), 1, 1 / 3),
    (lambda x: ad.reduce_min(ad.stack([x, 1, 2, 1])), 1, 1 / 3),
]


@pytest.mark.parametrize(("function", "kink", "slope"), KINKS)
def test_slope_at_a_kink(function, kink, slope):
    x = Tensor(float(kink))
    function(x).backward()
    assert x.grad == slope


def test_maximum_and_minimum_give_all_of_the_gradient():
    a, b = Tensor([1.0, 2.0, 3.0]), Tensor([2.0, 2.0, 2.0])
    for op, share in ((ad.maximum, [0, 0.5, 1]), (ad.minimum, [1, 0.5, 0])):
        a.grad = b.grad = None
        op(a, b).backward(np.ones(3))
        assert (a.grad.tolist(), (a.grad + b.grad).tolist()) == (share, [1, 1, 1])


# --- comparisons ---

COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, ad.equal]


@pytest.mark.parametrize("op", COMPARISONS)
@pytest.mark.parametrize(
    "other", [2, np.float32(2), [[1.0], [2.0]], np.array([1.0, 2.0, 3.0]), Tensor([2.0, 2.0, 1.0])]
)
def test_comparison_is_numpys(op, other):
    x, values = Tensor([1.0, 2.0, 3.0]), getattr(other, "value", other)
    numpys = np.equal if op is ad.equal else op
    np.testing.assert_array_equal(op(x, other), numpys(x.value, values), strict=True)
    np.testing.assert_array_equal(op(other, x), numpys(np.asarray(values), x.value), strict=True)


def test_equality_of_tensors_is_identity():
    x, twin = Tensor([1.0]), Tensor([1.0])
    assert (x == x, x == twin, x != twin, len({x, twin})) == (True, False, True, 2)


@pytest.mark.parametrize("condition", [True, [True, False], np.array([1.0, 0.0]), Tensor([1.0, 0.0])])
def test_where_takes_booleans_alone(condition):
    with pytest.raises(TypeError, match="array of booleans"):
        ad.where(condition, Tensor([1.0, 2.0]), 0)


def test_where_takes_what_comparing_a_single_number_gives():
    x = Tensor(2.0)
    assert ad.where(x > 1, x, 0).value == 2


# --- refusals ---

REFUSALS = [
    *[(lambda s=s: ad.einsum(s, Tensor([[1.0]])), "einsum expects") for s in ("ii->i", "ij", "...i->i", "ij->ijj")],
    (lambda: ad.pad(Tensor([1.0]), [(1, 0), (0, 0)]), "pad expects a pair"),
    (lambda: ad.pad(Tensor([1.0]), [(-1, 0)]), "pad expects a pair"),
    (lambda: ad.split(Tensor([1.0, 2.0, 3.0]), 2), "2 parts"),
]


@pytest.mark.parametrize(("mistake", "message"), REFUSALS)
def test_op_refuses(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()


# --- the engine ---


def test_a_tensor_holds_floats():
    assert [Tensor(x).dtype for x in (1, [True], np.float32(1), np.ones(1, np.uint8))] == [*"ddfd"]
    with pytest.raises(TypeError, match="real numbers"):
        Tensor([1j])


def test_gradients_add_up_over_two_backward_calls():
    x = Tensor([1.0, 2.0])
    y = ad.reduce_sum(x * x)
    y.backward()
    y.backward()
    assert x.grad.tolist() == [4, 8]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_replace_overwrites_what_leaves_hold_and_adds_up_within_one_call(dtype):
    x, w, b, unused = (Tensor(numbers(*shape).astype(dtype)) for shape in ((3, 4), (4, 4), (4,), (2,)))
    y = ad.linear(ad.linear(x, w, b), w, b) + x
    y.backward(np.ones(y.shape))
    expected = [leaf.grad.copy() for leaf in (x, w, b)]
    places = [leaf.grad for leaf in (x, w, b)]
    unused.grad = np.ones(2, dtype)
    y.backward(np.ones(y.shape), replace=True)
    for leaf, grad, place in zip((x, w, b), expected, places, strict=True):
        np.testing.assert_allclose(leaf.grad, grad, rtol=1e-6)
        assert leaf.grad is place
    assert unused.grad.tolist() == [1, 1]


@pytest.mark.parametrize("order", ["C", "F"])
def test_replace_makes_room_for_a_first_gradient_and_keeps_its_dtype(order):
    x, w = Tensor(numbers(3, 4)), Tensor(np.asarray(numbers(4, 2), np.float32, order=order))
    ad.linear(x, w, np.zeros(2)).backward(np.ones((3, 2)), replace=True)
    assert w.grad.dtype == np.float32
    np.testing.assert_allclose(w.grad, x.value.T @ np.ones((3, 2)), rtol=1e-6)


def test_a_leaf_is_its_own_gradient():
    x = Tensor([2.0, 3.0])
    x.backward([1, 2])
    x.backward([1, 2])
    assert x.grad.tolist() == [2, 4]
    x.backward([5, 6], replace=True)
    assert x.grad.tolist() == [5, 6]


def test_a_gradient_has_the_dtype_of_its_tensor_inside_the_graph_too():
    met = []
    op = ad.primitive(lambda x, /: (x * 2, lambda g: (met.append(g.dtype) or g * 2,)))
    (op(Tensor(np.ones(3, np.float32))) * np.ones(3)).backward(np.ones(3))
    assert met == [np.float32]


BAD_BACKWARDS = [
    (Tensor([1.0, 2.0]), None, "not one number"),
    (Tensor([1.0, 2.0]), np.ones((2, 1)), r"shape \(2, 1\)"),
    (Tensor(1.0, requires_grad=False) * 2, None, "requires a gradient"),
]


@pytest.mark.parametrize(("tensor", "grad", "message"), BAD_BACKWARDS)
def test_backward_refuses(tensor, grad, message):
    with pytest.raises(ValueError, match=message):
        tensor.backward(grad)


def test_a_chain_of_100_000_ops_is_walked_and_freed_without_recursion():
    x = Tensor(1.0)
    y = x
    for _ in range(50_000):
        y = y * 1.0 + x * 0.5
    y.backward()
    assert x.grad == 25_001
    del y
    gc.collect()


def test_gradients_nobody_needs_are_never_computed():
    def fail():
        raise AssertionError("nobody asked for this gradient")

    op = ad.primitive(lambda a, b, /: (a * b, lambda g: (g * b, fail)))
    for constant in (3.0, np.array([3.0]), Tensor([3.0], requires_grad=False)):
        x = Tensor([2.0])
        op(x, constant).backward()
        assert x.grad == [3]
    with pytest.raises(AssertionError, match="nobody"):
        op(x, Tensor([3.0])).backward()


def test_no_grad_records_nothing_in_its_thread_alone():
    x, elsewhere = Tensor(1.0), []
    with ad.no_grad():
        with ad.no_grad():
            pass
        y = x * 2
        thread = threading.Thread(target=lambda: elsewhere.append((x * 2).requires_grad))
        thread.start()
        thread.join()
    assert (y.requires_grad, y.inputs, y.pull_back) == (False, (), None)
    assert elsewhere == [True]


def test_no_grad_ends_with_an_exception():
    with pytest.raises(ZeroDivisionError), ad.no_grad():
        _ = 1 / 0
    assert (Tensor(1.0) * 2).requires_grad


def test_no_grad_cuts_probabilities_off_their_logits():
    with ad.no_grad():
        p = ad.softmax(Tensor([1.0, 2.0]))
    assert not ad.log_probabilities(p).requires_grad


# --- the checker ---


@pytest.mark.parametrize("factor", [1, 1.001, 0, np.array([1, 1, 0]), np.nan, np.inf])
def test_gradient_checker_passes_only_what_is_right(factor):
    square = ad.primitive(lambda x, /: (x * x, lambda g: (g * x * 2 * factor,)))
    assert (ad.gradient_error(square, positive(2, 3)) < 100 * TOLERANCE) == np.all(factor == 1)
