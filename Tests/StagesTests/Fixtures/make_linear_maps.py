"""Makes linear_maps.json: what scikit-learn and numpy give for standardize, l2-normalize, whiten and pca.

Run beside this file: python make_linear_maps.py. Everything is computed in double from the Float32 values; every
fifth row is held out, and of each result some rows are kept, fit rows and held-out rows.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler, normalize


def rounded(values):
    return [float(f"{value:.9g}") for value in np.ravel(values)]


def table(values):
    return [rounded(row) for row in values]


def zca(x, fit, ridge):
    """The whitening of Kessy, Lewin and Strimmer by numpy's eigenvectors."""
    values, vectors = np.linalg.eigh(np.cov(x[fit], rowvar=False))
    scale = 1 / np.sqrt(values + ridge * values[-1])
    return (x - x[fit].mean(0)) @ vectors @ np.diag(scale) @ vectors.T


def cases(x):
    rows = np.arange(len(x))
    fit = rows % 5 != 4
    kept = np.linspace(0, len(x) - 1, 9).astype(int)
    kept[1] = kept[1] // 5 * 5 + 4
    constant = (x[fit] == x[fit][0]).all(0).any()
    scaler = StandardScaler().fit(x[fit])
    count = min(24, x.shape[1])
    pca = PCA(count, svd_solver="full").fit(x[fit])
    standard = scaler.transform(x)
    standard_pca = PCA(count, svd_solver="full").fit(standard[fit])
    result = {
        "rows": kept.tolist(),
        "mean": rounded(scaler.mean_),
        "scale": rounded(scaler.scale_),
        "standardized": table(standard[kept]),
        "normalized": table(normalize(x[kept])),
        "pcaVariance": rounded(pca.explained_variance_),
        "pcaTotal": float(np.var(x[fit], axis=0, ddof=1).sum()),
        "pcaScores": table(np.abs(pca.transform(x[kept]))),
        "standardPCAVariance": rounded(standard_pca.explained_variance_),
        "standardPCAScores": table(np.abs(standard_pca.transform(standard[kept]))),
        "zca": table(zca(standard, fit, 1e-6)[kept]),
    }
    if not constant:
        result["zcaExact"] = table(zca(x, fit, 0)[kept])
        result["pcaWhitened"] = table(
            np.abs(PCA(svd_solver="full", whiten=True).fit(x[fit]).transform(x[kept])))
    return result


loaders = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer, "digits": load_digits}
found = {name: cases(load().data.astype(np.float32).astype(float)) for name, load in loaders.items()}
lines = [f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in found.items()]
Path(__file__).with_name("linear_maps.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
