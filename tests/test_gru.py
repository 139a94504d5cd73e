"""What only the GRU has; what it shares with the other recurrences is in test_fused_recurrences."""

import itertools

import numpy as np
import pytest
from recurrences import assert_recurrences_agree, either_return, gru_arrays

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor


@either_return
@pytest.mark.parametrize("steps_of_a_block", [1, 2, 3])
def test_blocks_of_steps_do_not_show(monkeypatch, steps_of_a_block, return_sequences):
    monkeypatch.setitem(ad.gru.__wrapped__.__globals__, "BLOCK", steps_of_a_block * 3 * 5)
    assert_recurrences_agree(ad.gru, ad.gru_composed, gru_arrays(7, 3, 5, 2), return_sequences)


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
