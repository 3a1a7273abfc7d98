"""True statements about `deeplinear complete`, over tables of any finite numbers and any size up to 300×300.

    Scripts/properties.py COMMAND [CASES] [SEED]

For every table: no crash; one line of refusal at most; JSON whose numbers are finite or null; known cells given back as
they are; where the answer says exact, every known cell is met by the fit to its own rounding; where it says that the
known entries determine everything at a rank, an independent rank of the Jacobian (NumPy) agrees; scaled by a power of
two, the same answer scaled, to the bit; with rows and columns permuted, transposed, or with empty rows and columns
added, the same verdict, rank and known cells. Prints what was found and exits with 1 if anything is untrue.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

command = sys.argv[1]
cases = int(sys.argv[2]) if len(sys.argv) > 2 else 100
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
faults = []
counts = {}


def run(folder, name, table, *options):
    np.save(folder / f"{name}.npy", table)
    words = [command, "complete", f"{name}.npy", "--output", f"{name}-out.npy", "--force", "--json", *options]
    ending = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600)
    if ending.returncode not in (0, 1, 2):
        raise AssertionError(f"status {ending.returncode}: {ending.stderr[:200]}")
    if ending.returncode == 2:
        assert ending.stderr.count("\n") == 1, f"refusal of {ending.stderr.count(chr(10))} lines"
        return None, None
    answer = json.loads(ending.stdout, parse_constant=lambda word: (_ for _ in ()).throw(AssertionError(word)))
    return answer, np.load(folder / f"{name}-out.npy")


def table(random):
    rows, columns = (int(np.exp(random.uniform(0, np.log(300)))) for _ in range(2))
    kind = random.choice(["exact", "noisy", "ratings", "constant", "anything", "huge"])
    rank = int(random.integers(1, 6))
    low = random.standard_normal((rows, rank)) @ random.standard_normal((rank, columns))
    if kind == "noisy":
        low = low + 0.1 * random.standard_normal(low.shape)
    if kind == "ratings":
        low = np.clip(np.round(3 + low), 1, 5)
    if kind == "constant":
        low = np.full_like(low, random.standard_normal())
    if kind == "anything":
        low = np.exp(random.uniform(-300, 300, low.shape)) * random.choice([-1, 1], low.shape)
    if kind == "huge":
        low = low * 2.0 ** random.integers(-900, 900)
    known = random.random(low.shape) < random.uniform(0.05, 1)
    return kind, np.where(known, low, np.nan)


def jacobian_rank(left, right, known):
    """The rank of (δL, δR) ↦ (δL Rᵀ + L δRᵀ) on the known cells."""
    i, j = np.nonzero(known)
    k = left.shape[1]
    matrix = np.zeros((len(i), (len(left) + len(right)) * k))
    for c in range(k):
        matrix[np.arange(len(i)), i * k + c] = right[j, c]
        matrix[np.arange(len(i)), len(left) * k + j * k + c] = left[i, c]
    scale = np.linalg.norm(matrix, axis=0)
    values = np.linalg.svd(matrix / np.where(scale > 0, scale, 1), compute_uv=False)
    return int((values > 1e-9 * values[0]).sum())


def check(folder, random):
    kind, given = table(random)
    known = ~np.isnan(given)
    answer, out = run(folder, "t", given)
    label = kind if answer else f"{kind}, refused"
    counts[label] = counts.get(label, 0) + 1
    if answer is None:
        return
    assert (out[known] == given[known]).all(), "known cells are not as they were"
    assert not np.isinf(out).any(), "infinite numbers are written"
    verdict = (answer["outcome"]["exact"], answer["rank"])
    if verdict[0]:
        _, fit = run(folder, "t", given, "--denoise")
        off = np.abs(fit[known] - given[known]) > 64 * np.spacing(np.abs(given[known]).max()) + 1e-12 * np.abs(given[known])
        assert not off.any(), f"exact, but {off.sum()} known cells are not met"
        rank = answer["rank"]
        if not answer["mask"]["undeterminedEntries"] and rank and min(given.shape) <= 40 and not answer["offsets"]:
            u, s, v = np.linalg.svd(fit / np.abs(fit).max())
            free = (sum(given.shape) - rank) * rank
            found = jacobian_rank(u[:, :rank] * s[:rank] ** 0.5, v[:rank].T * s[:rank] ** 0.5, known)
            assert found == free, f"said to be determined, but the Jacobian has rank {found} of {free}"
    power = int(random.integers(-40, 40))
    scaled, moved = run(folder, "s", given * 2.0**power)
    assert scaled is not None and (scaled["outcome"]["exact"], scaled["rank"]) == verdict, "scaling changes the verdict"
    # Numbers below the normal range have lost bits in one of the two tables: at most one of its least steps.
    least = 5e-324 * 2.0 ** max(power, 0)
    same = (moved == out * 2.0**power) | (np.abs(moved - out * 2.0**power) <= least) | (np.isnan(moved) & np.isnan(out))
    assert same.all(), "scaling by a power of two changes bits"
    rows, columns = random.permutation(given.shape[0]), random.permutation(given.shape[1])
    wide = np.full((given.shape[0] + 2, given.shape[1] + 1), np.nan)
    wide[1:-1, 1:] = given
    for name, other in [("permuted", given[rows][:, columns]), ("transposed", given.T), ("padded", wide)]:
        changed, _ = run(folder, "p", np.ascontiguousarray(other))
        assert changed is not None, f"{name}, it is refused"
        now = (changed["outcome"]["exact"], changed["rank"])
        assert now == verdict or not (now[0] or verdict[0]), f"{name}: {verdict} becomes {now}"


start = time.time()
with tempfile.TemporaryDirectory() as place:
    for number in range(cases):
        random = np.random.default_rng([seed, number])
        try:
            check(pathlib.Path(place), random)
        except (AssertionError, subprocess.TimeoutExpired, ValueError, KeyError) as fault:
            kind, given = table(np.random.default_rng([seed, number]))
            faults.append(f"case {number} ({kind}, {given.shape[0]}×{given.shape[1]}): {str(fault)[:200]}")
            print(faults[-1], flush=True)
print(f"{cases} tables in {time.time() - start:.0f} s: {counts}; {len(faults)} faults")
sys.exit(1 if faults else 0)
