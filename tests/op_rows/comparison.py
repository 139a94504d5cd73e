import numpy as np

from op_rows.arithmetic import BROADCAST
from op_rows.draw import numbers

SOME = np.array([[True, False, True], [False, False, True]])

ROWS = [
    *[("where", [SOME, *inputs], ()) for inputs in ([(2, 3), (3,)], [(), (2, 1)], [(2, 3), 0.0], [1, (3,)])],
    *[("where", [np.array([[True], [False]]), (3,), (3,)], ()), ("where", [np.True_, (2,), (2,)], ())],
    *[(op, [a, numbers(*b) - 0.1], ()) for op in ("maximum", "minimum") for a, b in BROADCAST],
    *[(op, inputs, ()) for op in ("maximum", "minimum") for inputs in ([(2, 3), 0.5], [0.5, (2, 3)], [(3,), (3,)])],
    *[("clip", [(2, 3)], bounds) for bounds in ((-0.5, 0.5), (None, 0.5), (-0.5, None), (-3, 3))],
]
