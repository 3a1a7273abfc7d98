"""Writes a synthetic table with known entries for the benchmarks: low rank, noise of a tenth of the signal.

Arguments: folder, rows, columns, rank, entries. Writes observed.csv (nine tenths, as triplets under a header line)
and heldout.npz (the rest: rows, columns, values, and the signal's standard deviation). The same arguments give the
same files with the same NumPy.
"""

import sys

import numpy as np


def entries(row_count, column_count, rank, count, seed=11):
    """Rows, columns and values of entries, a mask of those held out, and the signal's standard deviation."""
    rng = np.random.default_rng(seed)
    left = rng.standard_normal((row_count, rank))
    right = rng.standard_normal((column_count, rank))
    # Drawn with repetitions and made unique: a few in a hundred more than are kept.
    drawn = rng.integers(0, row_count * column_count, int(1.2 * count))
    places = np.unique(drawn)
    places = np.sort(rng.permutation(places)[:count])
    rows, columns = np.divmod(places, column_count)
    signal = np.einsum("ij,ij->i", left[rows], right[columns])
    deviation = signal.std()
    values = signal + 0.1 * deviation * rng.standard_normal(len(places))
    return rows, columns, values, rng.random(len(places)) < 0.1, deviation


def write(folder, row_count, column_count, rank, count):
    rows, columns, values, held, deviation = entries(row_count, column_count, rank, count)
    with open(f"{folder}/observed.csv", "w", encoding="ascii") as file:
        file.write("row,column,value\n")
        for part in np.array_split(np.flatnonzero(~held), max(1, count // 100_000)):
            file.writelines(
                f"{i},{j},{v!r}\n"
                for i, j, v in zip(rows[part].tolist(), columns[part].tolist(), values[part].tolist())
            )
    np.savez(
        f"{folder}/heldout.npz", rows=rows[held].astype(np.int32),
        columns=columns[held].astype(np.int32), values=values[held], deviation=deviation,
        shape=[row_count, column_count],
    )
    np.savez(
        f"{folder}/observed.npz", rows=rows[~held].astype(np.int32),
        columns=columns[~held].astype(np.int32), values=values[~held],
    )


if __name__ == "__main__":
    write(sys.argv[1], *map(int, sys.argv[2:6]))
