"""Gradient descent steps with NumPy and preallocated results, as a peer for the benchmarks.

Arguments: size,depth pairs. Prints one JSON object: the BLAS core and microseconds per step.
"""

import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np


def microseconds(n, depth):
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((n, 5)) @ rng.standard_normal((5, n))
    truth *= n / np.linalg.norm(truth)
    places = rng.permutation(n * n)[: n * n // 5]
    values = truth.ravel()[places]
    layers = [0.3 / np.sqrt(n) * rng.standard_normal((n, n)) for _ in range(depth)]
    prefixes = [np.empty((n, n)) for _ in range(depth)]
    gradients = [np.empty((n, n)) for _ in range(depth)]
    backward = [np.empty((n, n)), np.empty((n, n))]
    residual = np.zeros((n, n))
    flat = residual.ravel()
    count = len(values)

    def step():
        product = layers[0]
        prefixes[0] = product
        for j in range(1, depth):
            np.matmul(layers[j], product, out=prefixes[j])
            product = prefixes[j]
        error = product.ravel()[places] - values
        error.dot(error)
        flat[places] = error / count
        above = residual
        for j in range(depth - 1, 0, -1):
            np.matmul(above, prefixes[j - 1].T, out=gradients[j])
            below = backward[j % 2]
            np.matmul(layers[j].T, above, out=below)
            above = below
        for j in range(1, depth):
            gradients[j] *= 1e-3
            layers[j] -= gradients[j]
        np.multiply(above, 1e-3, out=gradients[0])
        layers[0] -= gradients[0]

    batch = max(4, 20_000_000_000 // (12 * (depth - 1) * n**3) // 5)
    times = []
    for _ in range(15):
        start = time.perf_counter()
        for _ in range(batch):
            step()
        times.append((time.perf_counter() - start) / batch * 1e6)
    return min(times)


def core():
    try:
        from threadpoolctl import threadpool_info

        return ", ".join(
            f"{pool.get('architecture')} ({pool['num_threads']} thread)" for pool in threadpool_info()
        )
    except ImportError:
        return "an unknown core (threadpoolctl is not installed)"


pairs = [tuple(map(int, argument.split(","))) for argument in sys.argv[1:]]
print(
    json.dumps(
        {"core": core(), "microseconds": {f"{n} {d}": microseconds(n, d) for n, d in pairs}}
    )
)
