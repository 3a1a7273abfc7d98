"""Completions by other methods, each a function of a table with NaN that returns the filled table.

Untuned: where a method has settings, a tenth of the known cells chooses among a few. Columns are standardised first for
the methods that need it, which is kinder than using them as they come.
"""

import warnings

import numpy as np

warnings.filterwarnings("ignore")


def column_means(table, generator):
    means = np.nan_to_num(np.nanmean(table, axis=0), nan=np.nanmean(table))
    return np.broadcast_to(means, table.shape)


def row_column_means(table, generator, sweeps=10):
    """Offsets shrunk by the counts, as recommender libraries do."""
    known = ~np.isnan(table)
    mean = table[known].mean()
    best = None
    holdout = generator.uniform(size=table.shape) < 0.1
    for shrinkage in (0.3, 1, 3, 10, 30):
        for mask in (known & ~holdout, known):
            rows, columns = np.zeros((len(table), 1)), np.zeros(table.shape[1])
            centred = np.where(mask, table - mean, 0)
            for _ in range(sweeps):
                columns = (centred - rows * mask).sum(axis=0) / (mask.sum(axis=0) + shrinkage)
                rows = ((centred - columns * mask).sum(axis=1) / (mask.sum(axis=1) + shrinkage))[:, None]
            filled = mean + rows + columns
            if mask is not known:
                error = np.mean((filled - table)[known & holdout] ** 2)
        if best is None or error < best[0]:
            best = (error, filled)
    return best[1]


def soft_impute(table, generator, standardise=True, limit=150):
    """Singular values of the filled table lowered by a penalty, from the strongest penalty down; a tenth chooses it."""
    known = ~np.isnan(table)
    centre = np.nan_to_num(np.nanmean(table, axis=0))
    spread = np.nanstd(table, axis=0) if standardise else np.full(table.shape[1], np.nanstd(table))
    spread = np.where(spread > 0, np.nan_to_num(spread, nan=1), 1)
    normal = (table - centre) / spread
    holdout = known & (generator.uniform(size=table.shape) < 0.1)

    def svd(matrix):
        if min(matrix.shape) <= 450:
            return np.linalg.svd(matrix, full_matrices=False)
        from sklearn.utils.extmath import randomized_svd

        return randomized_svd(matrix, 40, n_iter=2, random_state=0)

    def path(mask, stop=None):
        filled, errors = np.where(mask, normal, 0), []
        weights = np.linalg.norm(filled, 2) * 0.75 ** np.arange(1, 40)
        for number, penalty in enumerate(weights):
            for _ in range(limit if min(table.shape) <= 100 else 12):
                u, s, v = svd(filled)
                low = (u * np.maximum(s - penalty, 0)) @ v
                change = np.linalg.norm((low - filled)[~mask]) / max(np.linalg.norm(low), 1e-30)
                filled = np.where(mask, normal, low)
                if change < 1e-4:
                    break
            errors.append(np.mean((low - normal)[holdout] ** 2))
            if stop is None and number - int(np.argmin(errors)) >= 3:
                return int(np.argmin(errors))
            if number == stop:
                return low
        return int(np.argmin(errors))

    return centre + spread * path(known, path(known & ~holdout))


def gibbs(table, generator, rank=None, sweeps=60, warm=20, standardise=None):
    """Bayesian matrix factorization with Gaussian–Wishart priors on both sides; the noise is drawn too."""
    known = ~np.isnan(table)
    share = known.mean()
    dense = share > 0.3
    centre = np.nan_to_num(np.nanmean(table, axis=0)) if dense else np.nanmean(table)
    spread = np.where(np.nanstd(table, axis=0) > 0, np.nan_to_num(np.nanstd(table, axis=0), nan=1), 1) if dense else np.nanstd(table)
    normal = (table - centre) / spread
    rank = rank or min(12, min(table.shape) - 1)
    sides = [[np.flatnonzero(row) for row in known], [np.flatnonzero(column) for column in known.T]]
    data = [[normal[i, j] for i, j in enumerate(sides[0])], [normal[i, j] for j, i in enumerate(sides[1])]]
    factors = [0.3 * generator.normal(size=(n, rank)) for n in table.shape]
    precision, total, kept = 2.0, 0.0, 0
    from scipy.stats import wishart

    for sweep in range(sweeps):
        for side in (0, 1):
            own, other = factors[side], factors[1 - side]
            mean, count = own.mean(axis=0), len(own)
            scatter = np.cov(own.T, bias=True).reshape(rank, rank) * count
            scale = np.linalg.inv(np.eye(rank) + scatter + 2 * count / (2 + count) * np.outer(mean, mean))
            prior = wishart.rvs(rank + count, (scale + scale.T) / 2, random_state=generator).reshape(rank, rank)
            centre_of_prior = generator.multivariate_normal(count * mean / (2 + count), np.linalg.inv((2 + count) * prior))
            linear = prior @ centre_of_prior
            for line, places in enumerate(sides[side]):
                v = other[places]
                root = np.linalg.cholesky(prior + precision * v.T @ v)
                middle = np.linalg.solve(root, linear + precision * v.T @ data[side][line])
                own[line] = np.linalg.solve(root.T, middle + generator.normal(size=rank))
        product = factors[0] @ factors[1].T
        error = np.sum((product - normal)[known] ** 2)
        precision = generator.gamma(1 + known.sum() / 2, 1 / (1 + error / 2))
        if sweep >= warm:
            total, kept = total + product, kept + 1
    return centre + spread * total / kept


def iterative(table, generator):
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    return IterativeImputer(max_iter=20, random_state=0, keep_empty_features=True).fit_transform(table)


def nearest(table, generator):
    from sklearn.impute import KNNImputer

    spread = np.where(np.nanstd(table, axis=0) > 0, np.nan_to_num(np.nanstd(table, axis=0), nan=1), 1)
    return KNNImputer(n_neighbors=8, weights="distance", keep_empty_features=True).fit_transform(table / spread) * spread


def cmfrec(table, generator):
    from cmfrec import CMF
    from scipy.sparse import coo_matrix

    i, j = np.nonzero(~np.isnan(table))
    held = generator.uniform(size=len(i)) < 0.1
    best = None
    for rank, penalty in ((5, 1), (5, 10), (20, 3), (20, 30)):
        for chosen in (~held, None):
            if chosen is None and best and error >= best[0]:
                continue
            at = (i, j) if chosen is None else (i[chosen], j[chosen])
            model = CMF(k=rank, lambda_=penalty, nthreads=1, verbose=False).fit(coo_matrix((table[at], at), shape=table.shape))
            if chosen is not None:
                error = np.mean((model.predict(i[held], j[held]) - table[i[held], j[held]]) ** 2)
            else:
                best = (error, model)
    rows, columns = np.indices(table.shape)
    return best[1].predict(rows.ravel(), columns.ravel()).reshape(table.shape)


def interpolation(table, generator):
    filled = np.array(table)
    t = np.arange(len(table))
    for column in filled.T:
        known = ~np.isnan(column)
        column[~known] = np.interp(t[~known], t[known], column[known])
    return filled


def peers(kind, table):
    """The methods that fit a table of a kind: scikit-learn's imputers take tables of up to some hundred columns."""
    result = {
        "row and column means": row_column_means, "column means": column_means, "soft-impute": soft_impute, "Gibbs": gibbs,
    }
    try:
        import cmfrec as _  # noqa: F401

        result["cmfrec"] = cmfrec
    except ImportError:
        pass
    if kind != "ratings":
        if table.shape[1] <= 60:
            result["iterative"] = iterative
        if table.size <= 500_000:
            result["nearest rows"] = nearest
    if kind == "time":
        result["interpolation"] = interpolation
    return result
