"""Few-shot classifiers, streams of classes and χ² by numpy, scipy and scikit-learn: python make_few_shot.py

Writes few-shot/<data set>.json and few-shot/chi_squared.json. Every fifth row, from row 4, is tested
on, of the others every fourth is kept for validation, and the rest is fitted on. Features are rounded to float32 first.
"""
import json
from pathlib import Path

import numpy as np
from scipy.stats import chi2
from sklearn import datasets
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import NearestCentroid

HERE = Path(__file__).parent
NAMES = ["iris", "wine", "breast_cancer", "digits"]
ALPHAS = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100]


def load(name):
    data = getattr(datasets, f"load_{name}")()
    x = data.data.astype(np.float32).astype(float)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32).astype(float), data.target


def roles(count):
    test = np.arange(count) % 5 == 4
    validation = np.zeros(count, bool)
    validation[np.flatnonzero(~test)[3::4]] = True
    return ~test & ~validation, validation, test


def texts(x, y):
    """Means of all rows, moved along a fixed pattern, of length 1."""
    means = np.array([x[y == c].mean(0) for c in range(y.max() + 1)])
    rows, columns = np.indices(means.shape)
    moved = means + 0.05 * np.cos(1.0 + 3.0 * rows + 1.7 * columns)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32).astype(float)


def precision(residuals, kind):
    n, d = residuals.shape
    covariance = residuals.T @ residuals / (n - 1)
    if kind == "kubokawa-srivastava":
        return d * np.linalg.pinv((n - 1) * covariance + np.trace(covariance) * np.eye(d))
    if kind == "pseudo-inverse":
        return np.linalg.pinv(covariance, rcond=(max(n, d) + 100) * np.finfo(float).eps, hermitian=True)
    return np.linalg.inv(LedoitWolf(assume_centered=True).fit(residuals).covariance_)


def gaussians(x, y, kind):
    classes = y.max() + 1
    means = np.array([x[y == c].mean(0) for c in range(classes)])
    weights = means @ precision(x - means[y], kind)
    return weights, np.log(1 / classes) - np.einsum("cd,cd->c", weights, means) / 2


def gda(x, y, t, parts):
    fit, validation, test = parts
    found = {}
    for kind in ["kubokawa-srivastava", "pseudo-inverse", "ledoit-wolf"]:
        w, b = gaussians(x[fit], y[fit], kind)

        def logits(rows, alpha):
            return 100 * rows @ t.T + alpha * (rows @ w.T + b)

        correct = [(logits(x[validation], a).argmax(1) == y[validation]).sum() for a in ALPHAS]
        alpha = ALPHAS[int(np.argmax(correct))]
        scores = x[test][:12] @ w.T + b
        found[kind] = {
            "scores": (scores - scores.mean(1, keepdims=True)).ravel().tolist(),
            "alone": (x[test] @ w.T + b).argmax(1).tolist(),
            "alpha": alpha, "fused": logits(x[test], alpha).argmax(1).tolist(),
        }
    return found


def tip(x, y, t, parts):
    fit, validation, test = parts
    values = np.eye(y.max() + 1)[y[fit]]

    def logits(rows, alpha, beta):
        affinity = rows @ x[fit].T
        return 100 * rows @ t.T + alpha * (np.exp(-beta * (1 - affinity)) @ values)

    best = (-1, 0, 0)
    for beta in [0.1 + i * (7 - 0.1) / 20 for i in range(20)]:
        for alpha in [0.1 + i * (3 - 0.1) / 20 for i in range(20)]:
            correct = int((logits(x[validation], alpha, beta).argmax(1) == y[validation]).sum())
            if correct > best[0]:
                best = (correct, alpha, beta)
    return {
        "fixed": logits(x[test], 1, 5.5).argmax(1).tolist(), "alpha": best[1], "beta": best[2],
        "chosen": logits(x[test], best[1], best[2]).argmax(1).tolist(),
    }


def cosine_means(x, y, rows):
    means = np.array([x[y == c].mean(0) for c in range(y.max() + 1)])
    return (rows @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T).argmax(1)


def stream(x, y, parts, tasks):
    """Class-incremental: running means; the accuracy on the classes of task j after task t."""
    fit, _, test = parts
    groups = np.array_split(np.arange(y.max() + 1), tasks)
    means, counts, matrix, average = {}, {}, [], []
    for seen, group in enumerate(groups):
        for row in np.flatnonzero(fit & np.isin(y, group)):
            c = y[row]
            counts[c] = counts.get(c, 0) + 1
            means[c] = means.get(c, 0) + (x[row] - means.get(c, 0)) / counts[c]
        known = sorted(means)
        table = np.array([means[c] for c in known])
        predicted = np.array([known[np.square(table - row).sum(1).argmin()] for row in x[test]])
        right = predicted == y[test]
        matrix.append([float(right[np.isin(y[test], g)].mean()) for g in groups[:seen + 1]])
        average.append(float(right[np.isin(y[test], known)].mean()))
    last = matrix[-1]
    return {
        "tasks": tasks, "predictions": predicted.tolist(), "incremental": float(np.mean(average)),
        "forgetting": float(np.mean([
            max(matrix[t][j] for t in range(j, tasks - 1)) - last[j] for j in range(tasks - 1)])),
    }


def one(name):
    x, y = load(name)
    parts = roles(len(x))
    fit, _, test = parts
    t = texts(x, y)
    return {
        "texts": t.tolist(), "gda": gda(x, y, t, parts), "tip": tip(x, y, t, parts),
        "zero-shot": (x[test] @ t.T).argmax(1).tolist(),
        "euclidean": NearestCentroid().fit(x[fit], y[fit]).predict(x[test]).tolist(),
        "cosine": cosine_means(x[fit], y[fit], x[test]).tolist(),
        "streams": [stream(x, y, parts, tasks) for tasks in {"digits": [2, 3, 5, 10]}.get(name, [2])],
    }


def chi_squared():
    return [
        {"degrees": degrees, "tail": tail, "quantile": float(chi2.isf(tail, degrees))}
        for degrees in [0.5, 1, 2, 3, 10, 63, 64.5, 500, 2048]
        for tail in [0.9999, 0.9, 0.5, 0.3173105078629141, 0.05, 2.7e-3, 1e-9, 1.2e-15]
    ]


def main():
    folder = HERE / "few-shot"
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        (folder / f"{name}.json").write_text(json.dumps(one(name), separators=(",", ":")) + "\n")
    (folder / "chi_squared.json").write_text(json.dumps(chi_squared(), separators=(",", ":")) + "\n")


main()
