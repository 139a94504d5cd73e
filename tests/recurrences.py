"""Arrays for the fused recurrences, and how a fused op is held against its twin."""

import math

import numpy as np
import pytest
from conftest import numbers

from zen_cli.autodiff import Tensor


def _interleaved(x):
    return np.repeat(x, 2, axis=-1)[..., ::2]


def _batch_first(x):
    return np.ascontiguousarray(x.swapaxes(0, -2)).swapaxes(0, -2)


# the same numbers, laid out differently in memory; of those that repeat, the first
LAYOUTS = {
    "contiguous": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "interleaved": _interleaved,
    "batch first": _batch_first,
    "reversed": lambda x: x[::-1].copy()[::-1],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
}

every_layout = pytest.mark.parametrize("layout", LAYOUTS)
either_return = pytest.mark.parametrize("return_sequences", [True, False])


# --- x, weights and first states, for T steps, B sequences, H hidden units and F features ---


def rnn_arrays(T, B, H, F):
    return [numbers(T, B, F), numbers(H + F + 1, H) / math.sqrt(H), numbers(B, H)]


def lstm_arrays(T, B, H, F):
    return [numbers(T, B, F), *_weights(H, F, 4), *numbers(2, B, H)]


def gru_arrays(T, B, H, F):
    return [numbers(T, B, F), *_weights(H, F, 3), numbers(H), numbers(B, H)]


def _weights(H, F, gates):
    """Of the input, the bias, of the state."""
    columns = gates * H
    return [numbers(F, columns) / math.sqrt(F), numbers(columns), numbers(H, columns) / math.sqrt(H)]


# --- an op and its twin ---


def value_and_gradients(op, arrays, grad=None):
    inputs = [Tensor(x) for x in arrays]
    out = op(*inputs)
    out.backward(np.cos(np.arange(out.size)).reshape(out.shape) if grad is None else grad)
    return [out.value, *(x.grad for x in inputs)]


def assert_twins(fused, composed, arrays, grad=None):
    found, expected = (value_and_gradients(op, arrays, grad) for op in (fused, composed))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12, strict=True)


def assert_recurrences_agree(fused, composed, arrays, *settings, grad=None):
    assert_twins(*(lambda *inputs, op=op: op(*inputs, *settings) for op in (fused, composed)), arrays, grad)
