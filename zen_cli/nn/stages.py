"""A stack of layers as it is computed: those that are quicker together are put together."""

from collections.abc import Sequence

from zen_cli.nn.convolution import pooled_stages
from zen_cli.nn.layers import Layer
from zen_cli.nn.recurrent import chained_stages


def stages(layers: Sequence[Layer]) -> list[Layer]:
    """What to call, in order, for layers that are built: it gives what they would, one after the other."""
    return chained_stages(pooled_stages(layers))
