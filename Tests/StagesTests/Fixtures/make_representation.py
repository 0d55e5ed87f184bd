"""Writes what numpy gives for measures of representations, by the formulas of their papers, as plainly as can be.

Nothing here is shared with the stages: kernels are n × n matrices, singular values come from a decomposition of the
rows themselves, covariances and pseudo-inverses stand as they are written down.
"""

import json
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.neighbors import NearestNeighbors

FOLDER = Path(__file__).parent / "representation"


def tables():
    yield "iris", datasets.load_iris()
    yield "wine", datasets.load_wine()
    yield "breast_cancer", datasets.load_breast_cancer()
    yield "digits", datasets.load_digits()


def rows_of(data):
    return data.data.astype(np.float32).astype(float)


def gram(x, kernel, gamma):
    if kernel == "linear":
        return x @ x.T
    if kernel == "cosine":
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        return unit @ unit.T
    if kernel == "rbf":
        squares = (x**2).sum(1)
        return np.exp(-gamma * np.maximum(squares[:, None] + squares[None, :] - 2 * x @ x.T, 0))
    if kernel == "laplacian":
        return np.exp(-gamma * np.stack([np.abs(x - row).sum(1) for row in x]))
    return (gamma * x @ x.T + 1) ** 3


def vendi(k, order):
    values = np.linalg.eigvalsh(k / len(k))
    values = values[values > (len(k) + 100) * 2.0**-52 * values.max()]
    if order is None:
        return 1 / values.max()
    if order == 1:
        return np.exp(-np.sum(values * np.log(values)))
    return np.exp(np.log(np.sum(values**order)) / (1 - order))


def diversity_cases():
    for name, data in tables():
        x = rows_of(data)[:300]
        gamma = 1 / x.shape[1]
        for kernel in ["linear", "cosine", "rbf", "laplacian", "polynomial"]:
            k = gram(x, kernel, gamma)
            own = np.sqrt(np.diag(k))
            unit = k / own[:, None] / own[None, :]
            traced = k / np.mean(np.diag(k))
            yield {
                "data": name,
                "kernel": kernel,
                "unit": vendi(unit, 1),
                "trace": vendi(traced, 1),
                "order 0.5": vendi(unit, 0.5),
                "order 2": vendi(unit, 2),
                "order infinity": vendi(unit, None),
                "int-div": 1 - unit.mean(),
                "int-div 3": 1 - (unit**3).mean(),
            }


def entropy(matrix):
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 1e-10]
    return float(-np.sum(values * np.log(values / values.sum())))


def schur(phi_x, phi_y, ridge=1e-12):
    n = len(phi_x)
    xx, yy, xy = phi_x.T @ phi_x / n, phi_y.T @ phi_y / n, phi_x.T @ phi_y / n
    values, vectors = np.linalg.eigh(xx)
    kept = values > (n + 100) * 2.0**-52 * values.max()
    inverse = (vectors[:, kept] / (values[kept] + ridge)) @ vectors[:, kept].T
    explained = xy.T @ inverse @ xy
    return {"unexplained": yy - explained, "explained": explained, "whole": yy}


def unit_rows(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def schur_cases():
    for name, data in tables():
        x = rows_of(data)[:300]
        half = x.shape[1] // 2
        a, b = x[:, half:], x[:, :half]
        maps = {}
        if name != "digits":  # a half of a digit may be empty
            maps["cosine"] = (unit_rows(b), unit_rows(a))
        maps["linear"] = tuple(side / np.sqrt((side**2).sum(1).mean()) for side in (b, a))
        # The joint Gaussian kernel of both sides, factored: columns of V are the maps of rows. A ridge keeps the
        # explained part from being all.
        for kernel, (phi_x, phi_y) in maps.items():
            parts = schur(phi_x, phi_y)
            yield {
                "data": name,
                "kernel": kernel,
                "ridge": 1e-12,
                **{part: entropy(matrix) for part, matrix in parts.items()},
                **{part + " trace": float(np.trace(matrix)) for part, matrix in parts.items()},
            }
        if name != "iris":
            continue
        joint = gram(np.vstack([a, b]), "rbf", 0.25)
        values, vectors = np.linalg.eigh(joint)
        v = vectors * np.sqrt(np.maximum(values, 0))
        parts = schur(v[len(a) :], v[: len(a)], ridge=1e-3)
        yield {
            "data": name,
            "kernel": "rbf",
            "ridge": 1e-3,
            **{part: entropy(matrix) for part, matrix in parts.items()},
            **{part + " trace": float(np.trace(matrix)) for part, matrix in parts.items()},
        }


def rank_me(x, epsilon):
    values = np.linalg.svd(x, compute_uv=False)
    shares = values / values.sum() + epsilon
    shares = shares[shares > 0]
    return float(np.exp(-np.sum(shares * np.log(shares))))


def lidar(x, groups, delta, epsilon):
    names = np.unique(groups)
    means = np.array([x[groups == name].mean(0) for name in names])
    between = np.cov(means.T)
    within = sum((x[groups == name] - mean).T @ (x[groups == name] - mean) for name, mean in zip(names, means))
    within = within / (len(x) - len(names)) + delta * np.eye(x.shape[1])
    values, vectors = np.linalg.eigh(within)
    root = vectors @ np.diag(values**-0.5) @ vectors.T
    found = np.clip(np.linalg.eigvalsh(root @ between @ root), 0, None) + epsilon
    shares = found / found.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def rank_cases():
    for name, data in tables():
        x = rows_of(data)
        groups = np.arange(len(x)) // 5
        yield {
            "data": name,
            "rank-me": rank_me(x, 1e-7),
            "effective rank": rank_me(x - x.mean(0), 0),
            "lidar": lidar(x, groups, 1e-4, 1e-8),
            "lidar 1": lidar(x, groups, 1, 0.01),
        }


def dimension_cases():
    for name, data in tables():
        x = np.unique(rows_of(data), axis=0)
        for k in [5, 20]:
            distances = NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, 1:]
            logs = np.log(distances / distances[:, -1:]).sum(1)
            means = distances.mean(1)
            local = {
                "mle": -k / logs,
                "hill": -(k - 1) / logs,
                "moments": means / (distances[:, -1] - means),
            }
            yield {
                "data": name,
                "k": k,
                **{
                    f"{estimator} {mean}": float(
                        np.exp(np.log(values).mean()) if mean == "geometric" else values.mean()
                    )
                    for estimator, values in local.items()
                    for mean in ["geometric", "arithmetic"]
                },
            }


def orthonormal(x):
    """The left singular vectors of centred rows with their singular values, without those that are rounding."""
    left, values, right = np.linalg.svd(x - x.mean(0), full_matrices=False)
    kept = values > 1e-10 * values[0]
    return left[:, kept], values[kept], right[kept]


def correlations(a, b, share):
    sides = []
    for x in (a, b):
        left, values, right = orthonormal(x)
        shares = np.cumsum(values**2) / np.sum(values**2)
        count = len(values) if share is None else int(np.searchsorted(shares, share) + 1)
        sides.append((left[:, :count], (x - x.mean(0))))
    weights, found, _ = np.linalg.svd(sides[0][0].T @ sides[1][0], full_matrices=False)
    variates = sides[0][0] @ weights
    alpha = np.abs(variates.T @ sides[0][1]).sum(1)
    return np.clip(found, 0, 1), alpha


def truncated(values):
    sums = np.cumsum(values)
    return float(values[: int(np.searchsorted(sums, 0.98 * sums[-1]) + 1)].mean())


def cka(k, l, unbiased):
    n = len(k)
    if not unbiased:
        h = np.eye(n) - 1 / n
        hsic = lambda a, b: np.trace(h @ a @ h @ b)
    else:
        k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
        one = np.ones(n)
        hsic = lambda a, b: (
            np.trace(a @ b)
            + one @ a @ one * (one @ b @ one) / ((n - 1) * (n - 2))
            - 2 / (n - 2) * (one @ a @ b @ one)
        ) / (n * (n - 3))
    return float(hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l)))


def rbf(x, fraction):
    squares = ((x[:, None, :] - x[None, :, :]) ** 2).sum(2)
    return np.exp(-squares / (2 * fraction**2 * np.median(squares)))


def pair_cases():
    for name, data in tables():
        x = rows_of(data)[:250]
        half = x.shape[1] // 2
        # The two sides differ in width.
        a, b = x[:, : half + 1], x[:, half + 1 :]
        case = {"data": name}
        for label, share in [("all", None), ("0.99", 0.99), ("0.9", 0.9)]:
            values, alpha = correlations(a, b, share)
            case["svcca " + label] = float(values.mean())
            case["truncated " + label] = truncated(values)
            case["pwcca " + label] = float((alpha * values).sum() / alpha.sum())
        for unbiased in [False, True]:
            kind = "unbiased" if unbiased else "biased"
            case["linear " + kind] = cka(a @ a.T, b @ b.T, unbiased)
            case["few rows " + kind] = cka(a[:12] @ a[:12].T, b[:12] @ b[:12].T, unbiased)
            case["rbf " + kind] = cka(rbf(a, 1), rbf(b, 1), unbiased)
            case["narrow " + kind] = cka(rbf(a, 0.4), rbf(b, 0.4), unbiased)
        yield case


def write(name, cases):
    FOLDER.mkdir(exist_ok=True)
    text = ",\n".join(json.dumps(case) for case in cases)
    (FOLDER / name).write_text("[\n" + text + "\n]\n")


if __name__ == "__main__":
    write("diversity.json", list(diversity_cases()))
    write("schur.json", list(schur_cases()))
    write("ranks.json", list(rank_cases()))
    write("dimensions.json", list(dimension_cases()))
    write("pairs.json", list(pair_cases()))
