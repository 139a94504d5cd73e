import importlib
import itertools

import numpy as np
import pytest
from op_rows.recurrent import numpy_lstm
from test_recurrent import LAYOUTS, assert_twins, every_layout, numbers, value_and_gradients

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.products import product_of

STEPS_BATCH_HIDDEN_FEATURES = [
    (1, 1, 1, 1),
    (1, 3, 4, 2),
    (2, 1, 3, 5),
    (5, 3, 1, 2),
    (5, 2, 4, 1),
    (4, 7, 5, 3),
    (9, 33, 17, 11),
    (3, 32, 24, 40),
    (3, 64, 24, 40),
]
lstm_module = importlib.import_module("zen_cli.autodiff.lstm")  # the op has the name of its module

INPUTS = ["x", "u", "b", "w", "h0", "c0"]

either_return = pytest.mark.parametrize("return_sequences", [True, False])


def lstm_arrays(T, B, H, n):
    h0, c0 = numbers(2, B, H)
    return [numbers(T, B, n), numbers(n, 4 * H), numbers(4 * H), numbers(H, 4 * H) / 2, h0, c0]


def assert_lstms_agree(arrays, return_sequences=True, grad=None):
    fused, composed = (lambda *inputs, op=op: op(*inputs, return_sequences) for op in (ad.lstm, ad.lstm_composed))
    assert_twins(fused, composed, arrays, grad)


# --- against its twin ---


@either_return
@pytest.mark.parametrize("shape", STEPS_BATCH_HIDDEN_FEATURES)
def test_lstm_equals_its_composed_twin(shape, return_sequences):
    assert_lstms_agree(lstm_arrays(*shape), return_sequences)


@either_return
def test_lstm_starts_from_zero(return_sequences):
    assert_lstms_agree([*lstm_arrays(4, 3, 5, 2)[:4], np.zeros((3, 5)), np.zeros((3, 5))], return_sequences)


@every_layout
@either_return
def test_lstm_takes_inputs_of_any_layout(layout, return_sequences):
    x, u, b, w, h0, c0 = lstm_arrays(4, 3, 5, 2)
    x, u, (b,), w, h0, c0 = (LAYOUTS[layout](a) for a in (x, u, b[None], w, h0, c0))
    assert_lstms_agree([x, u, b, w, h0, c0], return_sequences)


@every_layout
@pytest.mark.parametrize("T", [1, 4])
@either_return
def test_lstm_takes_a_gradient_of_any_layout(layout, T, return_sequences):
    grad = LAYOUTS[layout](numbers(T, 3, 5) if return_sequences else numbers(3, 5))
    assert_lstms_agree(lstm_arrays(T, 3, 5, 2), return_sequences, grad)


@pytest.mark.parametrize("first", [numbers(4), numbers(1, 4), numbers(3, 1), np.array(0.5)])
def test_lstm_broadcasts_the_first_state_and_cell(first):
    assert_lstms_agree([*lstm_arrays(5, 3, 4, 2)[:4], first, first + 1])


@pytest.mark.parametrize("block", [1, 200, 300, 10**6])
def test_lstm_walks_back_in_blocks_of_any_length(monkeypatch, block):
    monkeypatch.setattr(lstm_module, "BLOCK", block)
    assert_lstms_agree(lstm_arrays(7, 3, 5, 2))


# --- gradients ---


@either_return
def test_lstm_has_the_gradient_of_central_differences(return_sequences):
    arrays = lstm_arrays(4, 2, 3, 2)
    assert ad.gradient_error(lambda *x: ad.lstm(*x, return_sequences), *arrays) < 1e-6


@either_return
def test_lstm_between_transposes_has_the_right_gradient(return_sequences):
    def function(x, *rest):
        return ad.transpose(ad.lstm(ad.transpose(x), *rest, return_sequences))

    x, *rest = lstm_arrays(4, 2, 3, 2)
    assert ad.gradient_error(function, x.T, *rest) < 1e-6


def test_stacked_lstms_have_the_right_gradient():
    first, second = lstm_arrays(4, 2, 3, 2), lstm_arrays(4, 2, 5, 3)[1:]

    def function(*inputs):
        return ad.lstm(ad.lstm(*inputs[:6]), *inputs[6:], False)

    assert ad.gradient_error(function, *first, *second) < 1e-6


@either_return
@pytest.mark.parametrize("wanted", range(6), ids=INPUTS)
def test_lstm_finds_each_gradient_alone(wanted, return_sequences):
    def function(*inputs):
        return ad.lstm(*inputs, return_sequences)

    arrays = lstm_arrays(4, 3, 5, 2)
    inputs = [Tensor(x, requires_grad=i == wanted) for i, x in enumerate(arrays)]
    out = function(*inputs)
    out.backward(np.cos(np.arange(out.size)).reshape(out.shape))
    np.testing.assert_array_equal(inputs[wanted].grad, value_and_gradients(function, arrays)[wanted + 1])
    assert [x.grad is None for x in inputs] == [i != wanted for i in range(6)]


@either_return
def test_lstm_changes_neither_inputs_nor_residuals(return_sequences):
    arrays = lstm_arrays(4, 3, 5, 2)
    before = [x.copy() for x in arrays]
    inputs = [Tensor(x) for x in arrays]
    out = ad.lstm(*inputs, return_sequences)
    value, grad = out.value.copy(), np.ones(out.shape)
    out.backward(grad)
    once = [x.grad.copy() for x in inputs]
    out.backward(grad)
    for x, g in zip(inputs, once, strict=True):
        np.testing.assert_array_equal(x.grad, 2 * g)
    for now, then in zip([*arrays, out.value, grad], [*before, value, np.ones(out.shape)], strict=True):
        np.testing.assert_array_equal(now, then)


@either_return
def test_float32_stays_float32(return_sequences):
    def function(*inputs):
        return ad.lstm(*inputs, return_sequences)

    arrays = lstm_arrays(4, 3, 5, 2)
    narrow = value_and_gradients(function, [x.astype(np.float32) for x in arrays])
    for found, expected in zip(narrow, value_and_gradients(function, arrays), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


# --- the last cell ---


@pytest.mark.parametrize("T", [1, 6])
@either_return
def test_last_cell_is_the_cell_after_the_last_step(T, return_sequences):
    x, u, b, w, h0, c0 = lstm_arrays(T, 3, 5, 2)
    b[10:15] = 1e4  # with o = 1, h_T is tanh(c_T)
    cell = np.empty((3, 5))
    h = ad.lstm(x, u, b, w, h0, c0, return_sequences, last_cell=cell).value
    np.testing.assert_allclose(np.tanh(cell), h[-1] if return_sequences else h, rtol=1e-12)


def test_halves_of_a_sequence_carry_on():
    x, u, b, w, h, c = lstm_arrays(6, 3, 5, 2)
    whole, cell = ad.lstm(x, u, b, w, h, c).value, np.empty_like(c)
    first = ad.lstm(x[:3], u, b, w, h, c, last_cell=cell).value
    second = ad.lstm(x[3:], u, b, w, first[-1], cell).value
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-12)


# --- extremes ---


def test_lstm_runs_over_20_000_steps():
    arrays = lstm_arrays(20_000, 1, 2, 1)
    inputs = [Tensor(x) for x in arrays]
    out = ad.lstm(*inputs)
    np.testing.assert_allclose(out.value, numpy_lstm(*arrays), rtol=1e-7, atol=1e-12)
    out.backward(np.ones(out.shape))
    assert all(np.isfinite(x.grad).all() for x in inputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("signs", list(itertools.product([0, 1], repeat=4)))
def test_saturated_gates_are_finite_and_silent(signs, dtype):
    x, u, b, w, h, c = (a.astype(dtype) for a in lstm_arrays(4, 3, 5, 2))
    b[:] = np.repeat(np.where(signs, 1e4, -1e4), 5)
    inputs = [Tensor(a) for a in (x, u, b, w, h, c)]
    with np.errstate(all="raise"):
        out = ad.lstm(*inputs)
        out.backward(np.ones(out.shape))
    i, f, o, positive = signs
    for h in out.value:
        c = f * c + i * (1 if positive else -1)
        np.testing.assert_allclose(h, o * np.tanh(c), rtol=1e-5)
    assert all(np.isfinite(a.grad).all() for a in inputs)


# --- the product of a step ---


@pytest.mark.parametrize("small", [0, 2_000, 20_000, 10**6])
@pytest.mark.parametrize("B", [1, 5, 32, 64, 65])
@pytest.mark.parametrize("R", [1, 12, 16, 64, 96])
@pytest.mark.parametrize("layout", ["contiguous", "Fortran"])
def test_product_is_the_same_in_slices(monkeypatch, small, B, R, layout):
    monkeypatch.setattr("zen_cli.autodiff.products.SMALL_PRODUCT", small)
    w, a, out = LAYOUTS[layout](numbers(R, 20)), numbers(20, B), np.empty((R, B))
    product_of(w, B)(a, out)
    np.testing.assert_allclose(out, w @ a, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("B", [5, 32, 64])
def test_lstm_in_slices_equals_its_composed_twin(monkeypatch, B):
    monkeypatch.setattr("zen_cli.autodiff.products.SMALL_PRODUCT", 16 * 64 * B)
    assert_lstms_agree(lstm_arrays(3, B, 16, 3))
