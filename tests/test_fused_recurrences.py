"""What holds for rnn, lstm and gru alike: each is one op for a whole sequence, and does what its composed twin does."""

import functools
import itertools

import numpy as np
import pytest
from conftest import numbers
from op_rows.recurrent import numpy_gru, numpy_lstm, numpy_rnn
from recurrences import (
    LAYOUTS,
    assert_recurrences_agree,
    either_return,
    every_layout,
    gru_arrays,
    lstm_arrays,
    rnn_arrays,
    value_and_gradients,
)

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor

relu_rnn, relu_rnn_composed = (functools.partial(op, activation="relu") for op in (ad.rnn, ad.rnn_composed))

RECURRENCES = {
    "rnn": (ad.rnn, ad.rnn_composed, rnn_arrays),
    "rnn of relu": (relu_rnn, relu_rnn_composed, rnn_arrays),
    "lstm": (ad.lstm, ad.lstm_composed, lstm_arrays),
    "gru": (ad.gru, ad.gru_composed, gru_arrays),
}
OF_NUMPY = [(ad.rnn, numpy_rnn, rnn_arrays), (ad.lstm, numpy_lstm, lstm_arrays), (ad.gru, numpy_gru, gru_arrays)]
STEPS_BATCH_HIDDEN_FEATURES = [
    *itertools.product([1, 5], [1, 3], [1, 4], [1, 3]),
    (2, 1, 3, 5),
    (4, 7, 5, 3),
    (9, 33, 17, 11),
    (3, 32, 24, 40),
    (3, 64, 24, 40),
    (2, 64, 96, 160),
    (2, 200, 170, 2),
]

every_twin = pytest.mark.parametrize(("fused", "composed", "draw"), RECURRENCES.values(), ids=RECURRENCES)
every_op = pytest.mark.parametrize(("op", "draw"), [row[::2] for row in RECURRENCES.values()], ids=RECURRENCES)


# --- against its twin ---


@every_twin
@either_return
@pytest.mark.parametrize("shape", STEPS_BATCH_HIDDEN_FEATURES)
def test_fused_equals_composed(fused, composed, draw, shape, return_sequences):
    assert_recurrences_agree(fused, composed, draw(*shape), return_sequences)


@every_twin
@either_return
@pytest.mark.parametrize(
    "first", [np.zeros((3, 5)), numbers(5), numbers(1, 5), numbers(3, 1), np.array(0.5)], ids=np.shape
)
def test_first_states_may_be_zero_or_broadcast(fused, composed, draw, first, return_sequences):
    states = [first, 2 * first] if fused is ad.lstm else [first]
    arrays = [*draw(4, 3, 5, 2)[: -len(states)], *states]
    assert_recurrences_agree(fused, composed, arrays, return_sequences)


@every_twin
@every_layout
@either_return
def test_inputs_may_have_any_layout(fused, composed, draw, layout, return_sequences):
    rows = [np.atleast_2d(x) for x in draw(4, 3, 5, 2)]
    laid_out = [LAYOUTS[layout](x)[0] if len(x) == 1 else LAYOUTS[layout](x) for x in rows]
    assert_recurrences_agree(fused, composed, laid_out, return_sequences)


@every_twin
@every_layout
@either_return
@pytest.mark.parametrize("T", [1, 4])
def test_gradients_may_have_any_layout(fused, composed, draw, T, layout, return_sequences):
    grad = LAYOUTS[layout](numbers(T, 3, 5) if return_sequences else numbers(3, 5))
    assert_recurrences_agree(fused, composed, draw(T, 3, 5, 2), return_sequences, grad=grad)


@every_twin
@pytest.mark.parametrize("size", [-1e4, 1e4])
def test_huge_inputs_give_the_gradients_of_the_composed_twin(fused, composed, draw, size):
    x, *rest = draw(4, 3, 5, 2)
    assert_recurrences_agree(fused, composed, [size * np.sign(x), *rest])


# --- gradients ---


@every_op
@either_return
def test_gradient_is_that_of_central_differences(op, draw, return_sequences):
    assert ad.gradient_error(lambda *x: op(*x, return_sequences), *draw(4, 2, 3, 2)) < 1e-6


@every_op
@either_return
def test_gradient_between_transposes(op, draw, return_sequences):
    def function(*inputs):
        return ad.transpose(op(*map(ad.transpose, inputs), return_sequences))

    assert ad.gradient_error(function, *(x.T for x in draw(4, 2, 3, 2))) < 1e-6


@every_op
def test_gradient_of_two_on_top_of_each_other(op, draw):
    lower, upper = draw(3, 2, 3, 2), draw(3, 2, 2, 3)[1:]

    def function(*inputs):
        return op(op(*inputs[: len(lower)]), *inputs[len(lower) :], False)

    assert ad.gradient_error(function, *lower, *upper) < 1e-6


@every_op
@pytest.mark.parametrize("reduction", [ad.reduce_sum, ad.reduce_mean])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_gradient_of_a_last_state_that_is_reduced(op, draw, reduction, axis):
    assert ad.gradient_error(lambda *x: reduction(op(*x, False), axis), *draw(2, 2, 2, 1)) < 1e-6


@every_op
@either_return
def test_each_gradient_is_found_alone(op, draw, return_sequences):
    def function(*inputs):
        return op(*inputs, return_sequences)

    arrays = draw(4, 3, 5, 2)
    _, *together = value_and_gradients(function, arrays)
    for wanted, expected in enumerate(together):
        inputs = [Tensor(x, requires_grad=i == wanted) for i, x in enumerate(arrays)]
        out = function(*inputs)
        out.backward(np.cos(np.arange(out.size)).reshape(out.shape))
        np.testing.assert_array_equal(inputs[wanted].grad, expected, err_msg=f"input {wanted}")
        assert [x.grad is None for x in inputs] == [i != wanted for i in range(len(inputs))]


@every_op
@either_return
def test_neither_inputs_nor_residuals_change(op, draw, return_sequences):
    arrays = draw(4, 3, 5, 2)
    before = [x.copy() for x in arrays]
    inputs = [Tensor(x) for x in arrays]
    out = op(*inputs, return_sequences)
    value, grad = out.value.copy(), np.ones(out.shape)
    out.backward(grad)
    once = [x.grad.copy() for x in inputs]
    out.backward(grad)
    for x, g in zip(inputs, once, strict=True):
        np.testing.assert_array_equal(x.grad, 2 * g)
    for now, then in zip([*arrays, out.value, grad], [*before, value, np.ones(out.shape)], strict=True):
        np.testing.assert_array_equal(now, then)


@every_op
@pytest.mark.parametrize("size", [(1, 1, 1, 1), (1, 1, 1, 3), (1, 2, 1, 1)])
def test_arrays_of_one_element_are_copied_too(op, draw, size):
    arrays = draw(*size)
    before = [x.copy() for x in arrays]
    op(*arrays)
    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


@every_op
@either_return
def test_float32_stays_float32(op, draw, return_sequences):
    def function(*inputs):
        return op(*inputs, return_sequences)

    arrays = draw(4, 3, 5, 2)
    narrow = value_and_gradients(function, [x.astype(np.float32) for x in arrays])
    for found, expected in zip(narrow, value_and_gradients(function, arrays), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


# --- long sequences ---


@pytest.mark.parametrize(("op", "reference", "draw"), OF_NUMPY, ids=["rnn", "lstm", "gru"])
def test_20_000_steps(op, reference, draw):
    arrays = draw(20_000, 1, 2, 1)
    value, *gradients = value_and_gradients(op, arrays, np.ones((20_000, 1, 2)))
    np.testing.assert_allclose(value, reference(*arrays), rtol=1e-7, atol=1e-12)
    assert all(np.isfinite(g).all() for g in gradients)
    # the last steps know nothing of the first, in these recurrences: the map is a contraction
    _, of_late_x, *_ = value_and_gradients(op, [arrays[0][-2000:], *arrays[1:]], np.ones((2000, 1, 2)))
    np.testing.assert_allclose(gradients[0][-1000:], of_late_x[-1000:], rtol=1e-9, atol=1e-12)
