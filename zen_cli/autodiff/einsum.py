"""Einstein's notation for sums of products: the gradient of an einsum is an einsum."""

import re
from functools import partial

import numpy as np

from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, primitive

FORM = re.compile(r"[a-zA-Z]*(,[a-zA-Z]*)*->[a-zA-Z]*")
BETWEEN_TERMS = re.compile(",|->")


def einsum(subscripts: str, *operands: Operand) -> Tensor:
    """Products of the operands' elements, summed over the letters that the output lacks: `einsum("ij,jk->ik", a, b)`.

    The output is always written, no term has a letter twice, and there is no ellipsis.
    """
    subscripts = subscripts.replace(" ", "")
    if not FORM.fullmatch(subscripts) or any(len(set(term)) < len(term) for term in BETWEEN_TERMS.split(subscripts)):
        raise ValueError(f'einsum expects letters, none twice in a term, as in "ij,jk->ik", but got "{subscripts}"')
    return _einsum(*operands, subscripts=subscripts)


@primitive
def _einsum(*operands: Array, subscripts: str) -> tuple[Array, PullBack]:
    *terms, output = BETWEEN_TERMS.split(subscripts)

    def gradient(i: int, g: Array) -> Array:
        """g times the other operands, and times ones along letters that operand i alone has, or has in this length."""
        factors = [(output, g), *((term, x) for j, (term, x) in enumerate(zip(terms, operands, strict=True)) if j != i)]
        met = {(letter, n) for term, x in factors for letter, n in zip(term, np.shape(x), strict=True)}
        own = zip(terms[i], np.shape(operands[i]), strict=True)
        factors += [(letter, np.ones(n, g.dtype)) for letter, n in own if (letter, n) not in met]
        inputs = ",".join(term for term, _ in factors)
        d: Array = np.einsum(f"{inputs}->{terms[i]}", *(x for _, x in factors), optimize=True)
        return d

    y = np.einsum(subscripts, *operands, optimize=True)
    return y, lambda g: tuple(partial(gradient, i, g) for i in range(len(terms)))
