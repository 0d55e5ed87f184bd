"""Scores of detectors and measures of scores by scikit-learn and PyOD: python make_anomaly.py

Writes anomaly/<data set>.json (scores of the rows that are held out, every fifth) and measure/scores.json.
Made with scikit-learn 1.9.1 and pyod 3.6.7.
"""
import json
from pathlib import Path

import numpy as np
from pyod.models.pca import PCA
from scipy.spatial.distance import cdist
from sklearn import datasets
from sklearn.covariance import EmpiricalCovariance, LedoitWolf
from sklearn.decomposition import PCA as Components
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
LOADERS = {
    "iris": datasets.load_iris, "wine": datasets.load_wine, "breast_cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}


def distances(fitted, held, k, metric="euclidean"):
    return NearestNeighbors(n_neighbors=k, metric=metric, algorithm="brute").fit(fitted).kneighbors(held)[0]


def shrunk(estimator, fitted, held, first, last):
    """Mahalanobis distances within some principal components."""
    model = Components().fit(fitted)
    fitted, held = model.transform(fitted)[:, first:last], model.transform(held)[:, first:last]
    return np.sqrt(estimator().fit(fitted).mahalanobis(held))


def crossing(fitted, share):
    """The component at which the explained variance crosses a share."""
    return int(np.argmax(np.cumsum(Components().fit(fitted).explained_variance_ratio_) > share))


def pca(fitted, held):
    """PyOD's score with the signs that scikit-learn gave components before 1.5: by the fit rows, not the loadings."""
    model = PCA(standardization=False).fit(fitted)
    products = (fitted - fitted.mean(0)) @ model.components_.T
    largest = products[np.abs(products).argmax(0), np.arange(products.shape[1])]
    directions = model.components_ * np.sign(largest)[:, None]
    return (cdist(held, directions) / model.explained_variance_ratio_).sum(1)


def scores(fitted, held):
    found = {
        "farthest": distances(fitted, held, 5)[:, -1],
        "mean": distances(fitted, held, 5).mean(1),
        "median": np.median(distances(fitted, held, 4), axis=1),
        "cosine": distances(fitted, held, 5, "cosine")[:, -1],
        "lof": -LocalOutlierFactor(n_neighbors=20, novelty=True).fit(fitted).score_samples(held),
        "auto": np.sqrt(LedoitWolf().fit(fitted).mahalanobis(held)),
        "leading": shrunk(LedoitWolf, fitted, held, 0, crossing(fitted, 0.95) + 1),
        "trailing": shrunk(LedoitWolf, fitted, held, max(0, crossing(fitted, 0.95) - 1), None),
    }
    spread = fitted.std(0)
    found["euclidean"] = cdist(held, fitted.mean(0, keepdims=True))[:, 0]
    found["standardized"] = np.linalg.norm(StandardScaler().fit(fitted).transform(held), axis=1)
    if (spread > 0).all():
        found["none"] = np.sqrt(EmpiricalCovariance().fit(fitted).mahalanobis(held))
        scaler = StandardScaler().fit(fitted)
        found["pca"] = pca(scaler.transform(fitted), scaler.transform(held))
    return {name: np.asarray(values, float).round(12).tolist() for name, values in found.items()}


def measures():
    random = np.random.default_rng(3)
    cases = []
    for rows, levels in [(6, 100), (40, 1000), (200, 12), (50, 2), (3, 5)]:
        values = random.integers(0, levels, rows) / 7
        truth = (random.random(rows) < 0.3).astype(int)
        truth[:2] = [0, 1]
        cases.append({
            "scores": values.tolist(), "truth": truth.tolist(),
            "auroc": float(roc_auc_score(truth, values)),
            "average-precision": float(average_precision_score(truth, values)),
        })
    return cases


def main():
    (HERE / "anomaly").mkdir(exist_ok=True)
    for name, load in LOADERS.items():
        features = load().data.astype(np.float32).astype(np.float64)
        held = np.arange(len(features)) % 5 == 4
        (HERE / f"anomaly/{name}.json").write_text(json.dumps(scores(features[~held], features[held])) + "\n")
    (HERE / "measure/scores.json").write_text(json.dumps(measures()) + "\n")


main()
