import numpy as np

IDS = [np.array([0, 2, 2, 1]), np.array([[3, 0], [3, 3], [0, 3]]), np.array(1), np.zeros((2, 0), int)]

REFERENCES = {"embedding": lambda w, ids: w[ids]}
ROWS = [("embedding", [(4, 3)], (ids,)) for ids in IDS]
