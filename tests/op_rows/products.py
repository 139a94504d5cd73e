REFERENCES = dict.fromkeys(["linear", "linear_composed"], lambda x, w, b: x @ w + b)
ROWS = [
    *[(op, [x, (3, 2), (2,)], ()) for op in ("linear", "linear_composed") for x in ((3,), (4, 3), (5, 4, 3))],
]
