"""Held-out errors of our completion and of peers on real and made tables, as a Markdown table.

    completion_tables.py COMMAND FOLDER [--shared DIR] [--missing 0.1] [--peers yes|no] [--options "…"] [TABLE …]

A share of the known cells is held out at random; everyone gets the others. Errors are root mean squares; for tables of
columns of different units each column counts in its own deviations. Peers' answers are kept in the folder, so that ours
can be run again alone. With --coverage each table ends with how many of the cells held out lie in the 90 % intervals: of
all, of each fifth by width, and of columns with 40 cells or more the mean distance from 90 beside what counting alone
would give.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np

from table_data import tables
from table_peers import peers

arguments = argparse.ArgumentParser()
arguments.add_argument("command")
arguments.add_argument("folder")
arguments.add_argument("--shared")
arguments.add_argument("--missing", type=float, default=0.1)
arguments.add_argument("--peers", default="yes")
arguments.add_argument("--options", default="")
arguments.add_argument("--repeats", type=int, default=1)
arguments.add_argument("--coverage", action="store_true")
arguments.add_argument("names", nargs="*")
given = arguments.parse_intermixed_args()
os.makedirs(given.folder, exist_ok=True)
available = tables(given.shared)


def save(table, path):
    """Sparse tables as triplets with their shape, others as .npy with NaN."""
    if np.isnan(table).mean() < 0.8:
        np.save(path + ".npy", table)
        return path + ".npy", []
    with open(path + ".csv", "w") as out:
        out.write("row,column,value\n")
        for i, j in np.argwhere(~np.isnan(table)):
            out.write(f"{i},{j},{table[i, j]!r}\n".replace("np.float64(", "").replace(")", ""))
    return path + ".csv", ["--rows", str(table.shape[0]), "--columns", str(table.shape[1])]


def ours(table, path, kind):
    observed, shape = save(table, path)
    options = given.options.split() + {"time": ["--row-order"], "ratings": ["--ratings"]}.get(kind, [])
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    if given.coverage:
        options += ["--intervals", "0.9", "--interval-output", path + "-widths.npy"]
    process = subprocess.run(
        [given.command, "complete", observed, "--json", "--output", path + "-filled.npy", "--denoise", "--force", *shape, *options],
        capture_output=True, text=True,
    )
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1):
        sys.exit(process.stderr)
    seconds = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
    return np.load(path + "-filled.npy"), seconds, json.loads(process.stdout)


def coverage(filled, widths, complete, held):
    inside = np.abs(filled - complete) <= widths
    order = np.argsort(widths[held], kind="stable")
    fifths = [100 * part.mean() for part in np.array_split(inside[held][order], 5)]
    counts = held.sum(axis=0)
    own = [100 * inside[held[:, j], j].mean() for j in np.flatnonzero(counts >= 40)]
    text = f"coverage {100 * inside[held].mean():.1f}, by width " + " ".join(f"{fifth:.0f}" for fifth in fifths)
    if own:
        chance = np.mean([0.798 * 30 / np.sqrt(n) for n in counts[counts >= 40]])
        text += f", {len(own)} columns {min(own):.0f} to {max(own):.0f}, off by {np.mean(np.abs(np.array(own) - 90)):.1f} (chance {chance:.1f})"
    return text


rows = []
for name in given.names or list(available):
    kind, make = available[name]
    for repeat in range(given.repeats):
        generator = np.random.default_rng([abs(hash_) for hash_ in name.encode()] + [repeat])
        complete = make(generator)
        known = ~np.isnan(complete)
        held = known & (generator.uniform(size=complete.shape) < given.missing)
        table = np.where(held, np.nan, complete)
        spread = np.nanstd(complete, axis=0) if kind == "units" else np.ones(complete.shape[1])

        def error(filled):
            return float(np.sqrt(np.mean(((filled - complete) / spread)[held] ** 2)))

        path = f"{given.folder}/{name}-{given.missing}-{repeat}"
        kept = json.load(open(path + ".json")) if os.path.exists(path + ".json") else {}
        for peer, fill in (peers(kind, complete) if given.peers == "yes" else {}).items():
            if peer in kept:
                continue
            start = time.process_time()
            try:
                filled = fill(table, np.random.default_rng(1))
            except Exception as failure:  # noqa: BLE001
                print(f"{name}: {peer}: {failure}", file=sys.stderr)
                continue
            kept[peer] = (error(filled), time.process_time() - start)
            json.dump(kept, open(path + ".json", "w"))
        filled, seconds, answer = ours(table, path, kind)
        own = error(filled)
        best = min(kept, key=lambda peer: kept[peer][0]) if kept else None
        rows.append((name, own, seconds, kept))
        text = "  ".join(f"{peer} {value[0]:.4g} ({value[1]:.0f} s)" for peer, value in sorted(kept.items(), key=lambda item: item[1][0]))
        against = f"{own / kept[best][0]:.3f}" if best else ""
        print(
            f"| {name} | {complete.shape[0]}×{complete.shape[1]} | {own:.4g} | {seconds:.1f} s | rank {answer['rank']}"
            f" | {against} | {text} | {json.dumps(answer.get('candidates')) if answer.get('candidates') else ''}", flush=True,
        )
        if given.coverage:
            print("  " + coverage(filled, np.load(path + "-widths.npy"), complete, held), flush=True)
if rows and rows[0][3]:
    ratios = [own / min(value[0] for value in kept.values()) for _, own, _, kept in rows]
    print(f"\n{len(ratios)} tables: geometric mean of ours over the best peer {np.exp(np.mean(np.log(ratios))):.4f}, ahead on {sum(r < 1 for r in ratios)}, within 0.5 % on {sum(r <= 1.005 for r in ratios)}")
