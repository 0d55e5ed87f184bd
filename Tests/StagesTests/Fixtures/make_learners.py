"""Writes what scikit-learn gives for k-means, nearest neighbours, logistic regression and kernel PCA.

Every fifth row, from row 4, is held out. Features are rounded to float32 first, as the stages read them.
"""

import json
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.cluster import KMeans
from sklearn.decomposition import KernelPCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import laplacian_kernel
from sklearn.neighbors import KNeighborsClassifier

FOLDER = Path(__file__).parent
NAMES = ["iris", "wine", "breast_cancer", "digits"]
KERNELS = {
    "linear": {"kernel": "linear"},
    "rbf": {"kernel": "rbf"},
    "polynomial": {"kernel": "poly"},
    "laplacian": {},
    "sigmoid": {"kernel": "sigmoid", "gamma": 0.01, "coef0": 0},
    "cosine": {"kernel": "cosine"},
}


def load(name):
    data = getattr(datasets, f"load_{name}")()
    return data.data.astype(np.float32).astype(float), data.target


def standardized(x):
    scale = x.std(axis=0)
    return ((x - x.mean(axis=0)) / np.where(scale == 0, 1, scale)).astype(np.float32).astype(float)


def held_out(x):
    return np.arange(len(x)) % 5 == 4


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in np.ravel(values)]


def write(folder, name, value):
    (FOLDER / folder / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")


def k_means(name, x, y):
    clusters = int(y.max()) + 1
    data = standardized(x) if name == "wine" else x
    return min(KMeans(clusters, n_init=1, random_state=seed).fit(data).inertia_ for seed in range(10))


def neighbors(x, y, k, metric, weights):
    out = held_out(x)
    model = KNeighborsClassifier(k, metric=metric, weights=weights, algorithm="brute").fit(x[~out], y[~out])
    distances = model.kneighbors(x[out], k + 1)[0]
    predicted = model.predict(x[out])
    # Of equally near rows at the edge either may be taken: no prediction is held against us there.
    predicted[distances[:, k] - distances[:, k - 1] <= 1e-6 * (distances[:, k] + 1e-9)] = -1
    return predicted.tolist()


def objective(x, y, w, b):
    logits = x @ w.T + b
    if len(w) == 1:
        margins = np.where(y == 1, logits[:, 0], -logits[:, 0])
        return np.logaddexp(0, -margins).sum() + 0.5 * np.sum(w**2)
    top = logits.max(axis=1, keepdims=True)
    log_sums = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
    return (log_sums - logits[np.arange(len(y)), y]).sum() + 0.5 * np.sum(w**2)


def logistic(x, y):
    out = held_out(x)
    # Centred features have the same optimum, as the intercept is free, and let the solver get closer.
    mean = x[~out].mean(axis=0)
    model = LogisticRegression(C=1, solver="newton-cg", tol=1e-10, max_iter=10000).fit(x[~out] - mean, y[~out])
    exact = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(x[~out] - mean, y[~out])
    losses = [objective(x[~out] - mean, y[~out], m.coef_, m.intercept_) for m in (model, exact)]
    best = (model, exact)[int(np.argmin(losses))]
    print("logistic", losses)
    return {"loss": min(losses), "predictions": best.predict(x[out] - mean).tolist()}


def kernel_pca(name, x):
    data = standardized(x)
    if name == "digits":
        data = data[::4]
    out = held_out(data)
    found = {}
    for kernel, parameters in KERNELS.items():
        fit, rest = data[~out], data[out][:15]
        if kernel == "laplacian":
            parameters = {"kernel": "precomputed"}
            fit, rest = laplacian_kernel(fit), laplacian_kernel(rest, fit)
        model = KernelPCA(4, eigen_solver="dense", **parameters).fit(fit)
        found[kernel] = {
            "values": rounded(model.eigenvalues_),
            "heldOut": rounded(model.transform(rest), 7),
        }
        print(name, kernel, model.eigenvalues_)
    return found


def main():
    tables = {name: load(name) for name in NAMES}
    write("k-means", "inertia", {name: k_means(name, x, y) for name, (x, y) in tables.items()})
    for name, (x, y) in tables.items():
        write(
            "nearest-neighbors",
            name,
            {
                "uniform": neighbors(x, y, 5, "euclidean", "uniform"),
                "distance": neighbors(x, y, 4, "euclidean", "distance"),
                "cosine": neighbors(x, y, 3, "cosine", "uniform"),
            },
        )
        write("logistic", name, logistic(x, y))
        write("kernel-pca", name, kernel_pca(name, x))


main()
