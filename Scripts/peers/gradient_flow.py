"""The gradient flow of a completion problem by SciPy's DOP853, as a peer for the benchmark.

Reads a folder with observed.csv (row, column, value under a header) and w1.csv, w2.csv, w3.csv; integrates until
the mean squared residual falls below the target; prints CPU seconds, evaluations and the end as JSON, and writes
the end-to-end matrix to peer.csv. Arguments: folder, relative tolerance, target.
"""

import json
import os
import sys
import time

# One thread, as on our side: CPU seconds of waiting threads would count against the peer.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
from scipy.integrate import DOP853

folder, tolerance, target = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
table = np.loadtxt(f"{folder}/observed.csv", delimiter=",", skiprows=1)
rows, columns, values = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]
layers = np.array([np.loadtxt(f"{folder}/w{k}.csv", delimiter=",") for k in (1, 2, 3)])
shape, count = layers.shape, len(values)
gradient = np.zeros(shape[1:])
evaluations = 0
mean_square = np.inf


def velocity(_, state):
    global evaluations, mean_square
    evaluations += 1
    w1, w2, w3 = state.reshape(shape)
    product = w2 @ w1
    residual = (w3 @ product)[rows, columns] - values
    mean_square = residual @ residual / count
    gradient[rows, columns] = residual / count
    below = w3.T @ gradient
    result = np.empty(shape)
    result[2] = -gradient @ product.T
    result[1] = -below @ w1.T
    result[0] = -w2.T @ below
    return result.ravel()


start = time.process_time()
absolute = tolerance * 1e-3 * np.abs(layers).max()
solver = DOP853(velocity, 0.0, layers.ravel(), np.inf, rtol=tolerance, atol=absolute)
while solver.status == "running":
    solver.step()
    if mean_square <= target:  # the last evaluation of a step is at its end
        break
seconds = time.process_time() - start
w1, w2, w3 = solver.y.reshape(shape)
np.savetxt(f"{folder}/peer.csv", w3 @ w2 @ w1, delimiter=",", fmt="%.17g")
print(json.dumps({"seconds": seconds, "evaluations": evaluations, "time": solver.t}))
