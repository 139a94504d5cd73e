"""Embedding: the rows of its table, their gradients, and what is no token."""

import numpy as np
import pytest
from conftest import built

from zen_cli import autodiff as ad
from zen_cli import nn
from zen_cli.autodiff import Tensor
from zen_cli.errors import DataError


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("as_written", [np.int64, np.uint8, np.float32])
def test_a_token_becomes_its_row(dtype, as_written):
    model = built([nn.Embedding(5, 3)], (2, 4), dtype=dtype)
    ids = np.random.default_rng(0).integers(5, size=(6, 2, 4)).astype(as_written)
    (table,) = (p.value for p in model.parameters)
    np.testing.assert_array_equal(model(ids).value, table[ids.astype(int)])
    assert model(ids).dtype == dtype


@pytest.mark.parametrize(("rows", "dim", "count"), [(1, 1, 1), (7, 3, 1000), (1000, 2, 10), (4, 5, 0)])
def test_gradient_is_that_of_getitem(rows, dim, count):
    rng = np.random.default_rng(0)
    table, ids, g = rng.normal(size=(rows, dim)), rng.integers(rows, size=(count, 1)), rng.normal(size=(count, 1, dim))
    found = []
    for op in (ad.embedding, ad.getitem):
        w = Tensor(table)
        op(w, ids).backward(g)
        found.append(w.grad)
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_gradient_of_a_view_goes_to_the_right_rows():
    w, g = Tensor(np.zeros((3, 2))), np.arange(8.0).reshape(2, 4).T
    ad.embedding(w, np.array([0, 2, 2, 0])).backward(g)
    assert w.grad.tolist() == [[3, 11], [0, 0], [3, 11]]


@pytest.mark.parametrize("wrong", [-1, 5, 0.5, np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_token_is_refused(wrong):
    model = built([nn.Embedding(5, 3)], (2,))
    with pytest.raises(DataError, match=r"Embedding takes whole numbers from 0 to 4, but got "):
        model(np.array([[0, 4], [wrong, 1]]))


def test_first_vectors_are_normal_unless_chosen():
    (w,) = (p.value for p in built([nn.Embedding(100, 100)], (1,)).parameters)
    assert abs(w.mean()) < 0.03
    assert abs(w.std() - 1) < 0.03
    (w,) = (p.value for p in built([nn.Embedding(2, 2, initializer=lambda _, s: np.ones(s))], (1,)).parameters)
    assert w.min() == 1


def test_tokens_are_numbered_no_further_than_float32_counts(problems_of):
    config = """\
data: {source: {FizzBuzz: {numbers: 20, bits: 5}}}
model: [Embedding: {tokens: 16777217, dim: 1}, Flatten, Linear: 4, Softmax]
loss: categorical_crossentropy
optimizer: Adam
"""
    (problem,) = problems_of(config)
    assert "expected a whole number >= 1 and <= 16777216, got 16777217" in problem.message
