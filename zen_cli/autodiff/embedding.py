"""Rows of a table, looked up by their numbers."""

import numpy as np

from zen_cli.autodiff.tensor import Array, PullBack, primitive


@primitive
def embedding(w: Array, /, ids: Array) -> tuple[Array, PullBack]:
    """w[ids] for a table w (V, D) and integers ids (...): (..., D).

    The same as `getitem`, but the gradient is added up number by number: NumPy does that several times as fast as row
    by row, whatever the size of the table.
    """
    D = w.shape[1]

    def pull_back(g: Array) -> tuple[Array]:
        dw = np.zeros(w.size, w.dtype)
        np.add.at(dw, (ids[..., None] * D + np.arange(D)).ravel(), g.ravel())
        return (dw.reshape(w.shape),)

    return w.take(ids, axis=0), pull_back
