"""Simple recurrences that follow each other, computed as one where that is faster."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.nn.cells import RNNCell
from zen_cli.nn.layers import Linear

# Where one recurrence for all was measured to be faster: with few states (batch times hidden units of all), since
# products then weigh less than calls, and not too few steps, since it has costs of its own.
MOST_STATES = 1024
FEWEST_STEPS = 10


@dataclass(frozen=True)
class Link:
    """A recurrence in a chain, and the V that its states pass through on their way out, if there is one."""

    cell: RNNCell
    V: Linear | None = None


def run(links: Sequence[Link], x: Tensor, sequences: bool) -> Tensor:
    """The chain on sequences (B, T, n): (B, T, m), or the last state of the last recurrence, (B, H).

    Where `together` says so, recurrence l runs l ticks behind the first: at tick k the state is
    s_k = [h1_k, h2_(k-1), ...], and s_k = tanh([s_(k-1), x_k, 1] M), where M has each W on its diagonal, V of one times
    U of the next above it, and zeros elsewhere. One call per tick then serves all of them. Otherwise each runs for
    itself.
    """
    batch, steps, _ = x.shape
    groups = [links] if together(links, batch, steps) else [[link] for link in links]
    y, V = ad.transpose(x, (1, 0, 2)), None  # (T, B, n): a view
    for group in groups:
        if V and not _saves_work(V, group[0].cell, batch * steps):
            y, V = V(y), None
        y, V = _recurrence(group, V, y, sequences or group is not groups[-1]), group[-1].V
    if not sequences:
        return y
    return ad.transpose(V(y) if V else y, (1, 0, 2))


def together(links: Sequence[Link], batch: int, steps: int) -> bool:
    states = batch * sum(link.cell.hidden_dim for link in links)
    alike = len({link.cell.activation for link in links}) == 1
    return alike and states <= MOST_STATES and steps >= FEWEST_STEPS


def _recurrence(links: Sequence[Link], V: Linear | None, x: Tensor, sequences: bool) -> Tensor:
    """The links as one recurrence on V(x): (T, B, n) becomes (T, B, H), or (B, H)."""
    cells, before = [link.cell for link in links], [V, *(link.V for link in links)]
    weights = [(*((v.w, v.b) if v else ()), *cell.weights) for v, cell in zip(before, cells, strict=False)]
    ends = tuple(accumulate(cell.hidden_dim for cell in cells))
    h0 = np.zeros((x.shape[1], ends[-1]), x.dtype)
    return ad.rnn(x, ad.staggered_weights(weights), h0, sequences, cells[0].activation, ends[:-1])


def _saves_work(V: Linear, following: RNNCell, rows: int) -> bool:
    """Whether V and the next U are better made one matrix first: not where V is narrow, or there are few rows."""
    n, m = V.w.shape
    H = following.hidden_dim
    return rows * n * H + n * m * H <= rows * m * (n + H)
