"""Writes the least values of the dual of kernel PCA that an implementation in double finds from many starts.

Every fifth row, from row 4, is held out; columns are standardised over all rows. The kernel is rbf with 1 ÷ columns.
"""

import json
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.metrics.pairwise import rbf_kernel

FOLDER = Path(__file__).parent / "kernel-pca"
COMPONENTS = 3
#: Ψ* and the proximal map of each loss.
LOSSES = {
    "square": (lambda h: 0, lambda y: y),
    "huber row 0.4": (lambda h: 0, lambda y: y * np.minimum(1, 0.4 / np.linalg.norm(y, axis=1, keepdims=True))),
    "huber entry 0.3": (lambda h: 0, lambda y: np.clip(y, -0.3, 0.3)),
    "epsilon row 0.3": (
        lambda h: 0.3 * np.linalg.norm(h, axis=1).sum(),
        lambda y: y * np.maximum(0, 1 - 0.3 / np.linalg.norm(y, axis=1, keepdims=True))),
    "epsilon entry 0.2": (
        lambda h: 0.2 * abs(h).sum(), lambda y: np.sign(y) * np.maximum(0, abs(y) - 0.2)),
}


def load(name):
    x = getattr(datasets, f"load_{name}")().data.astype(np.float32).astype(float)
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32).astype(float)
    return x[np.arange(len(x)) % 5 != 4]


def centred_kernel(x):
    k = rbf_kernel(x, gamma=1 / x.shape[1])
    mean = k.mean(axis=0)
    return k - mean - mean[:, None] + mean.mean()


def minimum(k, conjugate, prox, seed):
    h = np.random.default_rng(seed).standard_normal((len(k), COMPONENTS))
    for _ in range(5000):
        image = k @ h
        values, vectors = np.linalg.eigh(h.T @ image)
        roots = np.sqrt(np.maximum(values, 0))
        inverse = np.divide(1, roots, out=np.zeros_like(roots), where=values > 1e-12 * values.max())
        value = (h**2).sum() / 2 + conjugate(h) - roots.sum()
        new = prox(image @ (vectors * inverse) @ vectors.T)
        distance = np.linalg.norm(new - h) / max(np.linalg.norm(new), 1e-300)
        h = new
        if distance < 1e-9:
            break
    return value


def main():
    found = {}
    for name in ["iris", "wine"]:
        kernel = centred_kernel(load(name))
        found[name] = {}
        for loss, (conjugate, prox) in LOSSES.items():
            values = [minimum(kernel, conjugate, prox, seed) for seed in range(20)]
            print(name, loss, min(values), max(values))
            found[name][loss] = float(f"{min(values):.9g}")
        found[name]["eigenvalues"] = [float(f"{v:.9g}") for v in np.linalg.eigvalsh(kernel)[::-1][:COMPONENTS]]
    (FOLDER / "dual.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


main()
