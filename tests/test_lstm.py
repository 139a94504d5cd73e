"""What only the LSTM has; what it shares with the other recurrences is in test_fused_recurrences."""

import importlib
import itertools

import numpy as np
import pytest
from conftest import numbers
from recurrences import LAYOUTS, assert_recurrences_agree, either_return, lstm_arrays

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.products import product_of

lstm_module = importlib.import_module("zen_cli.autodiff.lstm")  # the op has the name of its module


@pytest.mark.parametrize("block", [1, 200, 300, 10**6])
def test_lstm_walks_back_in_blocks_of_any_length(monkeypatch, block):
    monkeypatch.setattr(lstm_module, "BLOCK", block)
    assert_recurrences_agree(ad.lstm, ad.lstm_composed, lstm_arrays(7, 3, 5, 2))


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
    assert_recurrences_agree(ad.lstm, ad.lstm_composed, lstm_arrays(3, B, 16, 3))
