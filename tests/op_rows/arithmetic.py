import operator

import numpy as np

from op_rows.draw import positive

BROADCAST = [[(2, 3), (3,)], [(2, 3), (2, 3)], [(2, 1), (1, 3)], [(), (2, 3)], [(4, 1, 3), (2, 1)], [(), ()]]
MATMUL = [
    *[[(3,), (3,)], [(3,), (3, 2)], [(2, 3), (3,)], [(2, 3), (3, 4)], [(1, 1), (1, 1)], [(4, 2, 3), (3,)]],
    *[[(3,), (4, 3, 2)], [(4, 2, 3), (3, 5)], [(2, 3), (4, 3, 5)], [(4, 2, 3), (4, 3, 5)], [(4, 1, 2, 3), (5, 3, 2)]],
    *[[(1, 2, 3), (4, 3, 2)], [(5, 4, 2, 3), (3,)], [(3,), (5, 4, 3, 2)], [(0, 3), (3, 2)], [(2, 0), (0, 3)]],
]
INDICES = [
    *[1, -1, np.int64(1), slice(1, None), slice(None, None, 2), slice(None, None, -1), None, ..., ()],
    *[(0, 1), (..., 0), (slice(None), None, -1), (1, ..., None, slice(3, 0, -2)), (np.int64(0), slice(2))],
    *[np.array([0, 0, 1]), [1, 0, 1, 1], np.array([[0, 1], [1, 1]]), np.array(1), np.array([True, False])],
    *[(np.array([0, 0, 1]), np.array([1, 1, 2])), (slice(None), [0, 0]), (..., [1, 1], None), (1, [0, 0, -1])],
]
POWERS = [
    *[[np.array([-1.5, 0.0, 2.0]), exponent] for exponent in (2, 3.0, 1, 0)],
    *[[np.array([-1.5, 0.5]), -1], [positive(2, 3), -0.5], [2, (2, 3)], [0, positive(3)]],
    *[[positive(2, 1), (3,)], [positive(3), (2, 3)], [positive(2), np.array(2.0)]],
    [np.array([0.0, 0.0, 2.0, 1.5]), np.array([2.0, 3.0, 0.0, -1.0])],
]

REFERENCES = {"getitem": operator.getitem}
ROWS = [
    *[(op, shapes, ()) for op in ("add", "subtract", "multiply") for shapes in BROADCAST],
    *[("divide", [a, positive(*b)], ()) for a, b in BROADCAST],
    *[("power", inputs, ()) for inputs in POWERS],
    *[("matmul", shapes, ()) for shapes in MATMUL],
    ("negative", [(2, 3)], ()),
    *[("getitem", [(2, 4, 3)], (index,)) for index in INDICES],
]
