"""Smallest nuclear norm that agrees with known entries, by NumPy and by cvxpy, as peers for the benchmark.

Arguments: a CSV file of triplets (row, column, value under a header) for a square matrix, its side, the relative
duality gap to stop at. NumPy runs Douglas–Rachford splitting with the better of a few steps, chosen beforehand
outside the time; cvxpy hands the problem to SCS at its own tolerance of the same number. Prints CPU seconds,
iterations and the relative gap of each as JSON; null where a package is missing.
"""

import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np

table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
side, tolerance = int(sys.argv[2]), float(sys.argv[3])
rows, columns, values = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]


def relative_gap(feasible, multipliers):
    """Of a matrix with the entries in place, and of any numbers at the entries, scaled until feasible."""
    norm = np.linalg.svd(feasible, compute_uv=False).sum()
    dual = np.zeros((side, side))
    dual[rows, columns] = multipliers
    largest = np.linalg.svd(dual, compute_uv=False)[0]
    return (norm - values @ multipliers / largest) / norm


def douglas_rachford(step, limit, check_every=20):
    state = np.zeros((side, side))
    state[rows, columns] = values
    gap = np.inf
    for iteration in range(1, limit + 1):
        left, singular, right = np.linalg.svd(state, full_matrices=False)
        shrunk = (left * np.maximum(singular - step, 0)) @ right
        reflected = 2 * shrunk - state
        met = reflected.copy()
        met[rows, columns] = values
        if iteration % check_every == 0:
            feasible = shrunk.copy()
            feasible[rows, columns] = values
            gap = relative_gap(feasible, (state - shrunk)[rows, columns] / step)
            if gap <= tolerance:
                break
        state += met - shrunk
    return iteration, gap


def numpy_result():
    observed = np.zeros((side, side))
    observed[rows, columns] = values
    scale = np.linalg.norm(observed, 2)
    step = scale * min(
        (0.03, 0.1, 0.3, 1.0, 3.0), key=lambda share: douglas_rachford(share * scale, 100)[1])
    start = time.process_time()
    iterations, gap = douglas_rachford(step, 20000)
    return {"seconds": time.process_time() - start, "iterations": iterations, "gap": gap}


def cvxpy_result():
    try:
        import cvxpy
    except ImportError:
        return None
    matrix = cvxpy.Variable((side, side))
    mask, target = np.zeros((side, side)), np.zeros((side, side))
    mask[rows, columns], target[rows, columns] = 1, values
    meets = cvxpy.multiply(mask, matrix) == target
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.normNuc(matrix)), [meets])
    start = time.process_time()
    problem.solve(solver=cvxpy.SCS, eps_abs=tolerance, eps_rel=tolerance, max_iters=20000)
    seconds = time.process_time() - start
    feasible = matrix.value.copy()
    feasible[rows, columns] = values
    multipliers = meets.dual_value[rows, columns]
    gap = min(relative_gap(feasible, multipliers), relative_gap(feasible, -multipliers))
    return {"seconds": seconds, "iterations": problem.solver_stats.num_iters, "gap": gap}


print(json.dumps({"numpy": numpy_result(), "cvxpy": cvxpy_result()}))
