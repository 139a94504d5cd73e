import itertools

import numpy as np
import pytest
from op_rows.recurrent import numpy_gru
from test_recurrent import LAYOUTS, assert_twins, every_layout, numbers, value_and_gradients

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor

STEPS_BATCH_HIDDEN_FEATURES = [
    (1, 1, 1, 1),
    (1, 3, 4, 2),
    (2, 1, 3, 5),
    (5, 3, 1, 2),
    (5, 2, 4, 1),
    (4, 7, 5, 3),
    (9, 33, 17, 11),
    (3, 64, 96, 160),
    (5, 200, 170, 2),
]
INPUTS = ["x", "u", "b", "w", "b_n", "h0"]

either_return = pytest.mark.parametrize("return_sequences", [True, False])


def gru_arrays(T, B, H, F):
    scale = 1 / np.sqrt(H)
    return [
        numbers(T, B, F),
        numbers(F, 3 * H) / np.sqrt(F),
        numbers(3 * H),
        numbers(H, 3 * H) * scale,
        numbers(H),
        numbers(B, H),
    ]


def assert_grus_agree(arrays, return_sequences=True, grad=None):
    fused, composed = (lambda *inputs, op=op: op(*inputs, return_sequences) for op in (ad.gru, ad.gru_composed))
    assert_twins(fused, composed, arrays, grad)


# --- against its twin ---


@either_return
@pytest.mark.parametrize("shape", STEPS_BATCH_HIDDEN_FEATURES)
def test_gru_equals_its_composed_twin(shape, return_sequences):
    assert_grus_agree(gru_arrays(*shape), return_sequences)


@either_return
def test_gru_starts_from_zero(return_sequences):
    assert_grus_agree([*gru_arrays(4, 3, 5, 2)[:5], np.zeros((3, 5))], return_sequences)


@either_return
@pytest.mark.parametrize("h0", [numbers(5), numbers(1, 5), numbers(3, 1), np.array(0.5)], ids=np.shape)
def test_gru_broadcasts_the_first_state(h0, return_sequences):
    assert_grus_agree([*gru_arrays(4, 3, 5, 2)[:5], h0], return_sequences)


@every_layout
@either_return
def test_gru_takes_inputs_of_any_layout(layout, return_sequences):
    x, u, b, w, b_n, h0 = gru_arrays(4, 3, 5, 2)
    x, u, (b,), w, (b_n,), h0 = (LAYOUTS[layout](a) for a in (x, u, b[None], w, b_n[None], h0))
    assert_grus_agree([x, u, b, w, b_n, h0], return_sequences)


@every_layout
@pytest.mark.parametrize("T", [1, 4])
@either_return
def test_gru_takes_a_gradient_of_any_layout(layout, T, return_sequences):
    grad = LAYOUTS[layout](numbers(T, 3, 5) if return_sequences else numbers(3, 5))
    assert_grus_agree(gru_arrays(T, 3, 5, 2), return_sequences, grad)


# --- gradients ---


@either_return
def test_gru_has_the_gradient_of_central_differences(return_sequences):
    arrays = gru_arrays(4, 2, 3, 2)
    assert ad.gradient_error(lambda *x: ad.gru(*x, return_sequences), *arrays) < 1e-6


@either_return
def test_gru_between_transposes_has_the_right_gradient(return_sequences):
    def function(x, *rest):
        return ad.transpose(ad.gru(ad.transpose(x), *rest, return_sequences))

    x, *rest = gru_arrays(4, 2, 3, 2)
    assert ad.gradient_error(function, x.T, *rest) < 1e-6


def test_stacked_grus_have_the_right_gradient():
    first, second = gru_arrays(4, 2, 3, 2), gru_arrays(4, 2, 5, 3)[1:]

    def function(*inputs):
        return ad.gru(ad.gru(*inputs[:6]), *inputs[6:], False)

    assert ad.gradient_error(function, *first, *second) < 1e-6


@either_return
@pytest.mark.parametrize("wanted", range(6), ids=INPUTS)
def test_gru_finds_each_gradient_alone(wanted, return_sequences):
    def function(*inputs):
        return ad.gru(*inputs, return_sequences)

    arrays = gru_arrays(4, 3, 5, 2)
    inputs = [Tensor(x, requires_grad=i == wanted) for i, x in enumerate(arrays)]
    out = function(*inputs)
    out.backward(np.cos(np.arange(out.size)).reshape(out.shape))
    np.testing.assert_array_equal(inputs[wanted].grad, value_and_gradients(function, arrays)[wanted + 1])
    assert [x.grad is None for x in inputs] == [i != wanted for i in range(6)]


@either_return
def test_gru_changes_neither_inputs_nor_residuals(return_sequences):
    arrays = gru_arrays(4, 3, 5, 2)
    before = [x.copy() for x in arrays]
    inputs = [Tensor(x) for x in arrays]
    out = ad.gru(*inputs, return_sequences)
    value, grad = out.value.copy(), np.ones(out.shape)
    out.backward(grad)
    once = [x.grad.copy() for x in inputs]
    out.backward(grad)
    for x, g in zip(inputs, once, strict=True):
        np.testing.assert_array_equal(x.grad, 2 * g)
    for now, then in zip([*arrays, out.value, grad], [*before, value, np.ones(out.shape)], strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("size", [(1, 1, 1, 1), (1, 1, 1, 3), (1, 2, 1, 1)])
def test_arrays_of_one_element_are_copied_too(size):
    arrays = gru_arrays(*size)
    before = [x.copy() for x in arrays]
    ad.gru(*arrays)
    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


@either_return
def test_float32_stays_float32(return_sequences):
    def function(*inputs):
        return ad.gru(*inputs, return_sequences)

    arrays = gru_arrays(4, 3, 5, 2)
    narrow = value_and_gradients(function, [x.astype(np.float32) for x in arrays])
    for found, expected in zip(narrow, value_and_gradients(function, arrays), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


# --- extremes ---


@either_return
@pytest.mark.parametrize("steps_of_a_block", [1, 2, 3])
def test_blocks_of_steps_do_not_show(monkeypatch, steps_of_a_block, return_sequences):
    monkeypatch.setitem(ad.gru.__wrapped__.__globals__, "BLOCK", steps_of_a_block * 3 * 5)
    assert_grus_agree(gru_arrays(7, 3, 5, 2), return_sequences)


def test_gru_runs_over_20_000_steps():
    arrays = gru_arrays(20_000, 1, 2, 1)
    inputs = [Tensor(x) for x in arrays]
    out = ad.gru(*inputs)
    np.testing.assert_allclose(out.value, numpy_gru(*arrays), rtol=1e-7, atol=1e-12)
    out.backward(np.ones(out.shape))
    assert all(np.isfinite(x.grad).all() for x in inputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("signs", list(itertools.product([0, 1], repeat=3)))
def test_saturated_gates_are_finite_and_silent(signs, dtype):
    x, u, b, w, b_n, h = (a.astype(dtype) for a in gru_arrays(4, 3, 5, 2))
    b[:] = np.repeat(np.where(signs, 1e4, -1e4), 5)
    inputs = [Tensor(a) for a in (x, u, b, w, b_n, h)]
    with np.errstate(all="raise"):
        out = ad.gru(*inputs)
        out.backward(np.ones(out.shape))
    _, z, positive = signs
    expected = np.broadcast_to(h if z else 2 * positive - 1, out.shape)
    np.testing.assert_allclose(out.value, expected, rtol=1e-6)
    assert all(np.isfinite(a.grad).all() for a in inputs)


@pytest.mark.parametrize("size", [-1e4, 1e4])
def test_huge_inputs_give_the_gradients_of_the_composed_twin(size):
    x, *rest = gru_arrays(4, 3, 5, 2)
    assert_grus_agree([size * np.sign(x), *rest])
