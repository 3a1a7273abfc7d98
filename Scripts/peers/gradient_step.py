"""Gradient descent steps with NumPy, JAX and PyTorch on one thread, as peers for the benchmarks.

Arguments: size,depth pairs. Prints one JSON object: the BLAS core, and microseconds per step for each peer that is
installed. NumPy and PyTorch write into results made once; JAX compiles a loop over the steps.
"""

import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NPROC", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import numpy as np


def problem(n, depth):
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((n, 5)) @ rng.standard_normal((5, n))
    truth *= n / np.linalg.norm(truth)
    places = rng.permutation(n * n)[: n * n // 5]
    layers = [0.3 / np.sqrt(n) * rng.standard_normal((n, n)) for _ in range(depth)]
    return places, truth.ravel()[places], layers


def best(run, n, depth):
    """Microseconds per step; `run` takes a number of steps."""
    batch = max(2, 4_000_000_000 // (12 * (depth - 1) * n**3))
    run(2)
    times = []
    for _ in range(15):
        # CPU time of the one thread: other work on the machine does not count, as on our side.
        start = time.process_time()
        run(batch)
        times.append((time.process_time() - start) / batch * 1e6)
    return min(times)


def numpy_step(n, depth):
    places, values, layers = problem(n, depth)
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

    def run(steps):
        for _ in range(steps):
            step()

    return run


def jax_step(n, depth):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    places, values, layers = problem(n, depth)

    def loss(layers):
        product = layers[0]
        for layer in layers[1:]:
            product = layer @ product
        error = product.ravel()[places] - values
        return 0.5 * jnp.mean(error**2)

    @jax.jit
    def steps(layers, count):
        def one(_, state):
            layers, total = state
            value, gradients = jax.value_and_grad(loss)(layers)
            return [w - 1e-3 * g for w, g in zip(layers, gradients)], total + value

        return jax.lax.fori_loop(0, count, one, (layers, 0.0))

    start = [jnp.asarray(layer) for layer in layers]

    def run(count):
        jax.block_until_ready(steps(start, count))

    return run


def torch_step(n, depth):
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    places, values, layers = problem(n, depth)
    places, values = torch.from_numpy(places), torch.from_numpy(values)
    layers = [torch.from_numpy(layer) for layer in layers]
    prefixes = [torch.empty_like(layer) for layer in layers]
    backward = [torch.empty_like(layers[0]), torch.empty_like(layers[0])]
    residual = torch.zeros_like(layers[0])
    flat = residual.view(-1)

    def step():
        product = layers[0]
        prefixes[0] = product
        for j in range(1, depth):
            torch.mm(layers[j], product, out=prefixes[j])
            product = prefixes[j]
        error = product.view(-1)[places] - values
        error.dot(error)
        flat[places] = error / len(values)
        above = residual
        for j in range(depth - 1, 0, -1):
            below = backward[j % 2]
            torch.mm(layers[j].t(), above, out=below)
            # The gradient is added to the layer without being stored.
            layers[j].addmm_(above, prefixes[j - 1].t(), alpha=-1e-3)
            above = below
        layers[0].sub_(above, alpha=1e-3)

    def run(steps):
        for _ in range(steps):
            step()

    return run


def core():
    try:
        from threadpoolctl import threadpool_info

        return ", ".join(
            f"{pool.get('architecture')} ({pool['num_threads']} thread)" for pool in threadpool_info()
        )
    except ImportError:
        return "an unknown core (threadpoolctl is not installed)"


peers = {"NumPy": numpy_step, "JAX": jax_step, "PyTorch": torch_step}
results = {}
for n, depth in [tuple(map(int, argument.split(","))) for argument in sys.argv[1:]]:
    times = {}
    for name, make in peers.items():
        try:
            times[name] = best(make(n, depth), n, depth)
        except (ImportError, OSError, ValueError):
            continue
    results[f"{n} {depth}"] = times
print(json.dumps({"core": core(), "microseconds": results}))
