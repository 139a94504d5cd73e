"""The functions of zen_cli.autodiff that have no layer of their own. Names are calls, as YAML writes them."""

import numpy as np
import torch
from differentiated import Case

FAR_APART = np.array([[1000.0, -1000.0, 999.0], [-700.0, -710.0, -745.0], [0.5, -0.25, 0.0], [2.0, 2.0, 2.0]])

FUNCTIONS = {
    "softmax: {axis: 0}": Case(lambda x: torch.softmax(x, 0), {"x": (4, 3)}),
    "log_softmax": Case(lambda x: torch.log_softmax(x, -1), {"x": (2, 4, 3)}),
    "log_softmax: {axis: 0}": Case(lambda x: torch.log_softmax(x, 0), {"x": (4, 3)}),
    "log_softmax  # far apart": Case(lambda x: torch.log_softmax(x, -1), {"x": FAR_APART}),
    "logsumexp": Case(lambda x: torch.logsumexp(x, (0, 1)), {"x": (4, 3)}),
    "logsumexp: {axis: 1}": Case(lambda x: torch.logsumexp(x, 1), {"x": (4, 3)}),
    "logsumexp: {axis: 0, keepdims: true}": Case(lambda x: torch.logsumexp(x, 0, keepdim=True), {"x": (4, 3)}),
    "logsumexp: {axis: 1}  # far apart": Case(lambda x: torch.logsumexp(x, 1), {"x": FAR_APART}),
}
