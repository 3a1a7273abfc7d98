"""Tables for the comparison of completions: generated ones, and those that scikit-learn, statsmodels and vega_datasets ship.

`tables()` gives name → (kind, make); make(generator) returns a dense array. Kinds: `units` is judged in column deviations
(columns of different units), `plain` by the root mean square, `time` is plain with rows in time, `ratings` plain and
sparse, with most cells unknown from the start (NaN).
"""

import numpy as np


def power_law(generator, rows, columns, count, lowest, highest, step, rank=25, noise=0.85):
    """Ratings: rows and columns drawn by a power law, offsets, a slowly falling spectrum, rounded to a scale."""
    row_weights = generator.permutation((1 + np.arange(rows)) ** -0.7)
    column_weights = generator.permutation((1 + np.arange(columns)) ** -0.8)
    drawn = int(1.5 * count)
    i = generator.choice(rows, drawn, p=row_weights / row_weights.sum())
    j = generator.choice(columns, drawn, p=column_weights / column_weights.sum())
    cells = np.unique(i.astype(np.int64) * columns + j)
    cells = np.sort(generator.permutation(cells)[:count])
    i, j = cells // columns, cells % columns
    sizes = (1 + np.arange(rank)) ** -0.75
    left = generator.normal(size=(rows, rank)) * sizes
    right = generator.normal(size=(columns, rank))
    signal = np.einsum("ij,ij->i", left[i], right[j])
    value = 0.65 * signal / signal.std() + noise * generator.normal(size=len(i))
    value += 0.45 * generator.normal(size=rows)[i] + 0.5 * generator.normal(size=columns)[j]
    middle = lowest + 0.62 * (highest - lowest)
    scaled = middle + value * (highest - lowest) / 5
    table = np.full((rows, columns), np.nan)
    table[i, j] = np.clip(lowest + step * np.round((scaled - lowest) / step), lowest, highest)
    return table


def jokes(generator):
    left, right = generator.normal(size=(1500, 12)), generator.normal(size=(100, 12))
    sizes = 4.0 / (1 + np.arange(12)) ** 0.9
    table = (left * sizes) @ right.T / 2 + 3.5 * generator.normal(size=(1500, 100))
    table += 2 * generator.normal(size=(1500, 1)) + 1.5 * generator.normal(size=100)
    table[generator.uniform(size=table.shape) < 0.4] = np.nan
    return np.clip(table, -10, 10)


def spectra(generator):
    """Absorbances of 60 mixtures at 400 wavelengths: overlapping bands, a scatter of each row, noise of the detector."""
    x = np.linspace(0, 1, 400)
    bands = np.array([
        sum(generator.uniform(0.2, 1) * np.exp(-((x - generator.uniform()) / generator.uniform(0.03, 0.2)) ** 2) for _ in range(4))
        for _ in range(7)
    ])
    amounts = generator.gamma(1.5, size=(60, 7)) * np.array([1, 0.6, 0.3, 0.15, 0.08, 0.03, 0.01])
    scatter = 1 + 0.1 * generator.normal(size=(60, 1))
    bumpy = scatter * (amounts @ bands) + 0.05 * generator.normal(size=(60, 1)) + 0.02 * generator.normal(size=(60, 1)) * x
    return bumpy + 0.1 * bumpy**2 + 0.0006 * (1 + 6 * (x > 0.93)) * generator.normal(size=bumpy.shape)


def metabolites(generator):
    """Few rows, many columns whose logarithms have groups in common."""
    left, right = generator.normal(size=(28, 4)), generator.normal(size=(160, 4))
    table = (left * [1, 0.6, 0.4, 0.3]) @ right.T * 0.25 + generator.normal(size=160)
    return table + 0.12 * generator.gamma(1, size=160) * generator.standard_t(5, size=(28, 160))


def unequal(generator):
    table = generator.normal(size=(400, 8)) @ generator.normal(size=(8, 40))
    return table + table.std() * generator.lognormal(-1.2, 0.9, size=40) * generator.normal(size=table.shape)


def heavy_tails(generator):
    table = generator.normal(size=(300, 5)) @ generator.normal(size=(5, 80))
    return table + 0.6 * generator.standard_t(2.5, size=table.shape)


def survey(generator):
    trait = generator.normal(size=(600, 3))
    loads = generator.normal(size=(3, 14))
    answers = np.clip(np.round(3 + trait @ loads * 0.6 + 0.7 * generator.normal(size=(600, 14))), 1, 5)
    age = np.clip(np.round(45 + 12 * trait[:, :1] + 8 * generator.normal(size=(600, 1))), 18, 90)
    income = np.exp(10 + 0.5 * trait[:, 1:2] + 0.4 * generator.normal(size=(600, 1)))
    return np.hstack([age, answers, income])


def sensors(generator, hours=1008, count=12, noise=0.2, gaps=True):
    """Hourly readings: days and weeks, slow drifts shared by the sensors, noise, and gaps of some hours."""
    t = np.arange(hours)
    drift = np.cumsum(generator.normal(size=(hours, 3)), axis=0) * 0.08
    base = np.c_[np.sin(2 * np.pi * t / 24), np.cos(2 * np.pi * t / 24), np.sin(2 * np.pi * t / 168), drift]
    table = base @ generator.normal(size=(6, count)) * 0.6
    own = np.zeros((hours, count))
    for k in range(1, hours):
        own[k] = 0.95 * own[k - 1] + 0.15 * generator.normal(size=count)
    table += own + noise * generator.normal(size=table.shape) + 3 * generator.normal(size=count)
    if gaps:
        for _ in range(60):
            start, width = generator.integers(hours), generator.integers(2, 12)
            table[start : start + width, generator.choice(count, generator.integers(1, count + 1), replace=False)] = np.nan
    return table


def traffic(generator, steps=2016, count=207):
    """Speeds every five minutes: rush hours of different depth at each detector, congestion that comes and goes."""
    t = np.arange(steps) / 288
    rush = np.exp(-(((t % 1) - 0.33) / 0.05) ** 2), np.exp(-(((t % 1) - 0.72) / 0.07) ** 2)
    table = 62 + 4 * generator.normal(size=count) + np.zeros((steps, count))
    for wave in rush:
        table -= np.outer(wave, generator.gamma(1.5, 7, size=count))
    for _ in range(30):
        walk = np.zeros(steps)
        for k in range(1, steps):
            walk[k] = 0.97 * walk[k - 1] + generator.normal()
        table += np.outer(walk, generator.normal(size=count)) * 0.22
    own = np.zeros((steps, count))
    for k in range(1, steps):
        own[k] = 0.8 * own[k - 1] + generator.normal(size=count)
    table += own * 1.5 + 1.5 * generator.standard_t(4, size=table.shape)
    return np.clip(table, 2, 72)


def parking(generator):
    """Occupancy of 25 car parks at half hours of 70 days."""
    t = np.arange(70 * 18)
    day, hour = t // 18, t % 18
    shape = np.exp(-(((hour - 8) / 4.5) ** 2))[:, None] * generator.uniform(0.4, 1, size=25)
    level = 1 + 0.15 * generator.normal(size=(70, 1)) - 0.35 * (np.arange(70) % 7 > 4)[:, None]
    local = 0.1 * generator.normal(size=(70, 25))
    table = (level + local)[day] * shape + 0.15 * np.cumsum(0.1 * generator.normal(size=(len(t), 1)), axis=0)
    own = np.zeros_like(table)
    for k in range(1, len(t)):
        own[k] = 0.9 * own[k - 1] + 0.03 * generator.normal(size=25)
    return (table + own) * generator.integers(200, 3000, size=25)


def frame(table, limit=None):
    """The numeric columns that are not constant, as floats."""
    numbers = table.select_dtypes("number").to_numpy(float)
    numbers = numbers[:, np.nanstd(numbers, axis=0) > 0]
    return numbers if limit is None else numbers[:limit]


def shipped(name):
    def load(generator):
        import statsmodels.datasets as models
        from sklearn import datasets
        from vega_datasets import data

        if name in ("wine", "breast_cancer", "iris", "digits", "diabetes"):
            table = getattr(datasets, f"load_{name}")().data
            return table[:, table.std(axis=0) > 0]
        if name == "us-employment":
            return frame(data.us_employment())
        if name == "seattle-weather":
            return frame(data.seattle_weather())
        if name == "cars":
            return frame(data.cars())
        return frame(getattr(models, name).load_pandas().data, 4000).copy()

    return load


def file(path):
    def load(generator):
        import os

        if path.endswith(".pgm"):
            content = open(path, "rb").read().split(maxsplit=4)
            return np.frombuffer(content[4][-int(content[1]) * int(content[2]) :], np.uint8).reshape(int(content[2]), int(content[1])).astype(float)[::2, ::2]
        return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)

    return load


def tables(shared=None):
    result = {
        "ratings-943": ("ratings", lambda g: power_law(g, 943, 1682, 100_000, 1, 5, 1)),
        "ratings-1500": ("ratings", lambda g: power_law(g, 1500, 2000, 35_000, 0.5, 4, 0.5)),
        "ratings-3000": ("ratings", lambda g: power_law(g, 3000, 3000, 27_000, 1, 5, 1)),
        "ratings-0-100": ("ratings", lambda g: power_law(g, 4000, 1000, 30_000, 0, 100, 5)),
        "jokes": ("ratings", jokes),
        "spectra": ("plain", spectra),
        "metabolites": ("plain", metabolites),
        "unequal": ("units", unequal),
        "heavy-tails": ("plain", heavy_tails),
        "survey": ("units", survey),
        "sensors": ("time", sensors),
        "traffic": ("time", traffic),
        "parking": ("time", parking),
        "wine": ("units", shipped("wine")),
        "breast": ("units", shipped("breast_cancer")),
        "digits": ("plain", shipped("digits")),
        "iris": ("plain", shipped("iris")),
        "cars": ("units", shipped("cars")),
        "anes96": ("units", shipped("anes96")),
        "star98": ("units", shipped("star98")),
        "macrodata": ("units", shipped("macrodata")),
        "elnino": ("plain", lambda g: shipped("elnino")(g)[:, 1:]),
        "us-employment": ("time", shipped("us-employment")),
        "seattle-weather": ("units", shipped("seattle-weather")),
    }
    if shared:
        result["gas-drift"] = ("units", file(f"{shared}/gas_drift/ethanol_8of10.csv"))
        result["jura"] = ("units", file(f"{shared}/regression/jura_X.csv"))
        result["enb"] = ("units", file(f"{shared}/regression/enb_X.csv"))
        result["camera"] = ("plain", file(f"{shared}/images/camera.pgm"))
    return result
