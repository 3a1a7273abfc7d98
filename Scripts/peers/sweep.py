"""The sweep of Benchmarks/Sweeps/steps.yaml written by hand: joblib over NumPy descents, and JAX's vmap.

Arguments: runs, steps of each, width, processes. Prints one JSON object: wall-clock seconds for each peer that is installed.
"""

import json
import os
import sys
import time

for name in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"]:
    os.environ.setdefault(name, "1")
import numpy as np


def problem(seed, n):
    rng = np.random.default_rng(seed)
    left, _ = np.linalg.qr(rng.standard_normal((n, 3)))
    right, _ = np.linalg.qr(rng.standard_normal((n, 3)))
    target = left * [3, 2, 1] @ right.T
    steps = np.geomspace(0.001, 0.03, 16)
    sizes = np.geomspace(0.03, 0.3, 16)
    layers = sizes[seed // 16 % 16] * rng.standard_normal((3, n, n))
    return target, layers, steps[seed % 16]


def descend(seed, count, n):
    target, (a, b, c), step = problem(seed, n)
    ba, residual, cr, g = (np.empty((n, n)) for _ in range(4))
    for _ in range(count):
        np.dot(b, a, out=ba)
        np.dot(c, ba, out=residual)
        residual -= target
        np.dot(c.T, residual, out=cr)
        dc = residual @ ba.T
        db = cr @ a.T
        np.dot(b.T, cr, out=g)
        a -= step * g
        b -= step * db
        c -= step * dc
    return 0.5 * np.sum((c @ b @ a - target) ** 2)


def main():
    runs, count, n, processes = map(int, sys.argv[1:5])
    seconds = {}
    try:
        import joblib

        # Processes are started before the clock is.
        with joblib.Parallel(n_jobs=processes) as parallel:
            parallel(joblib.delayed(descend)(k, 1, n) for k in range(2 * processes))
            start = time.perf_counter()
            parallel(joblib.delayed(descend)(k, count, n) for k in range(runs))
            seconds["joblib and NumPy"] = time.perf_counter() - start
    except ImportError:
        pass
    try:
        import jax

        jax.config.update("jax_enable_x64", True)
        import jax.numpy as jnp

        targets, layers, steps = (np.stack(x) for x in zip(*(problem(k, n) for k in range(runs))))

        def loss(layers, target):
            return 0.5 * jnp.sum((layers[2] @ layers[1] @ layers[0] - target) ** 2)

        def run(target, layers, step):
            body = lambda _, w: w - step * jax.grad(loss)(w, target)
            return loss(jax.lax.fori_loop(0, count, body, layers), target)

        compiled = jax.jit(jax.vmap(run)).lower(targets, layers, steps).compile()
        start = time.perf_counter()
        compiled(targets, layers, steps).block_until_ready()
        seconds["JAX vmap"] = time.perf_counter() - start
    except ImportError:
        pass
    print(json.dumps({"seconds": seconds}))


main()
