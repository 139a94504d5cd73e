import numpy as np

from op_rows.draw import numbers

ORDERS = [None, (0, 2, 1), (1, 2, 0), (2, 0, 1), (-1, 0, 1), (1, -1, -3)]

REFERENCES = {"flatten": np.ravel}
ROWS = [
    ("flatten", [(2, 3)], ()),
    *[("reshape", [(2, 6)], (shape,)) for shape in ((3, 4), (-1,), (2, -1, 1, 2))],
    *[("transpose", [(2, 3, 4)], (a,)) for a in ORDERS],
    *[("transpose", [(3,)], ()), ("transpose", [numbers(2, 3).T], ()), ("flatten", [numbers(2, 3).T], ())],
    *[("concatenate", [(2, 3), (1, 3), (4, 3)], (0,)), ("concatenate", [(2, 3), (2, 1)], (1,))],
    *[("concatenate", [(2, 3), (2, 2)], (-1,)), ("concatenate", [(2,)], ())],
    *[("stack", [(2, 3)] * 3, (axis,)) for axis in (0, 1, 2, -1, -2, -3)],
    *[("stack", [(), ()], ()), ("stack", [(2,)], (-1,))],
    *[("expand_dims", [(2, 3)], (axis,)) for axis in (0, 1, -1, (0, 2), (-1, 0))],
    *[("squeeze", [(1, 2, 1)], axis) for axis in ((), (0,), (-1,), ((0, 2),))],
    *[("broadcast_to", [shape], ((4, 2, 3),)) for shape in ((), (3,), (2, 1), (4, 1, 3), (4, 2, 3))],
    *[("pad", [(2, 3)], (widths,)) for widths in ([(1, 2), (0, 3)], ((0, 0), (0, 0)))],
    ("pad", [(0, 2)], ([(1, 1), (0, 1)],)),
    *[("split", [(6, 4)], settings) for settings in ((3,), (2, 1), (4, -1), ([1, 4],), ([2, 2], 0), ((), 1))],
]
