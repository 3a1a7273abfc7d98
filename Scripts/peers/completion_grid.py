"""Matrix completion by Python peers on the entries written by noisy_entries.py, for `make bench-peers`.

Arguments: folder, threads, the true rank. Prints one JSON object: versions, the BLAS cores, and for each peer and
setting the seconds of one fit, the held-out error relative to the signal, and the process's peak memory so far.
Offsets and means are left out where a peer allows it: the entries have none. cmfrec is the fair comparison (ALS
with a ridge, as it comes); LIBMF gets several settings, of which the best counts. implicit fits clicks, not values,
and scikit-learn's factorizations take no missing entries: neither can take part.
"""

import importlib.metadata
import json
import resource
import sys
import time

import numpy as np

folder, threads, rank = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
train = np.load(f"{folder}/observed.npz")
held = np.load(f"{folder}/heldout.npz")
shape = tuple(int(side) for side in held["shape"])
rows, columns, values = train["rows"], train["columns"], train["values"]
deviation = float(held["deviation"])
results = []


def error(left, right, mean=0.0):
    """The root mean square error on the held-out entries of left rightᵀ + mean, relative to the signal."""
    predicted = np.einsum("ij,ij->i", left[held["rows"]], right[held["columns"]]) + mean
    return float(np.sqrt(np.mean((predicted - held["values"]) ** 2)) / deviation)


def timed(fit):
    """Wall-clock and CPU seconds of a call."""
    start, processor = time.perf_counter(), time.process_time()
    fit()
    return time.perf_counter() - start, time.process_time() - processor


def record(peer, setting, seconds, held_out):
    # Linux counts in units of 1024 bytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-6
    results.append(
        {
            "peer": peer, "setting": setting, "seconds": seconds[0], "cpuSeconds": seconds[1],
            "heldOut": held_out, "memory": memory,
        }
    )
    seconds = seconds[0]
    print(f"{peer:8} {setting:44} {seconds:7.2f} s  {held_out:.4f}  {memory:.2f} GB", file=sys.stderr)


def fit_cmfrec():
    from cmfrec import CMF
    from scipy.sparse import coo_matrix

    table = coo_matrix((values, (rows, columns)), shape=shape)
    half = max(1, rank // 2)
    for k in (half, rank, rank + half + 1, 2 * rank, 3 * rank):
        for penalty in (0.3, 3.0):
            model = CMF(
                k=k, lambda_=penalty, method="als", use_cg=True, niter=10, center=False, user_bias=False,
                item_bias=False, use_float=False, nthreads=threads, verbose=False,
                precompute_for_predictions=False,
            )
            seconds = timed(lambda: model.fit(table))
            record("cmfrec", f"k={k} lambda={penalty}", seconds, error(model.A_, model.B_))


def fit_libmf():
    from libmf import mf

    # Values of size one suit its rates. Its defaults include an absolute penalty of 0.04, which takes factors of
    # centred values to zero: it is switched off. The wrapper's own prediction is wrong, so the factors are multiplied here.
    unit = float(values.std())
    table = np.column_stack([rows, columns, values / unit]).astype(np.float64)
    for k in (rank, 2 * rank):
        for penalty, rate, rounds in ((0.01, 0.1, 15), (0.01, 0.1, 30), (0.02, 0.1, 30), (0.05, 0.1, 30)):
            model = mf.MF(
                k=k, nr_bins=20, nr_iters=rounds, lambda_p2=penalty, lambda_q2=penalty, lambda_p1=0.0,
                lambda_q1=0.0, eta=rate, nr_threads=threads, do_nmf=False, quiet=True,
            )
            seconds = timed(lambda: model.fit(table))
            left, right = model.p_factors().astype(float), model.q_factors().astype(float)
            held_out = error(unit * left, right)
            record("LIBMF", f"k={k} lambda={penalty} rate={rate} rounds={rounds}", seconds, held_out)


def cores():
    from threadpoolctl import threadpool_info

    return sorted({f"{pool['internal_api']} {pool.get('architecture', '')}".strip() for pool in threadpool_info()})


peers = {"cmfrec": fit_cmfrec, "libmf": fit_libmf}
for name in sys.argv[4:] or peers:
    try:
        peers[name]()
    except ImportError as absent:
        print(f"{name} is not installed: {absent}", file=sys.stderr)
versions = {}
for name in ("numpy", "scipy", "cmfrec", "libmf"):
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps({"versions": versions, "threads": threads, "cores": cores(), "results": results}))
