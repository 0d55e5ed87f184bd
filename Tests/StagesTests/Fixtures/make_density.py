"""Writes what scikit-learn gives for DBSCAN and OPTICS on all rows of the data sets.

Features are rounded to float32 first, as the stages read them.
"""

import json
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.cluster import DBSCAN, OPTICS, cluster_optics_dbscan
from sklearn.neighbors import NearestNeighbors

FOLDER = Path(__file__).parent
NAMES = ["iris", "wine", "breast_cancer", "digits"]
#: eps and min_samples that leave several clusters, border rows and noise.
SETTINGS = {
    "iris": [(0.5, 5), (0.4, 3), (0.8, 10)],
    "wine": [(2.0, 5), (1.9, 3), (2.4, 12)],
    "breast_cancer": [(2.0, 5), (1.5, 4), (3.0, 8)],
    "digits": [(20.0, 5), (22.0, 10), (18.0, 3)],
}


def table(name):
    """Wine and breast cancer standardised, as their columns have scales of their own."""
    x = getattr(datasets, f"load_{name}")().data.astype(np.float32).astype(float)
    if name in ("wine", "breast_cancer"):
        x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32).astype(float)
    return x


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in values]


def k_distance(x, k, rank):
    found = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(x).kneighbors(x)[0][:, k]
    return float(np.sort(found)[::-1][rank - 1])


def dbscan(x, name):
    cases = []
    for eps, least in SETTINGS[name]:
        model = DBSCAN(eps=eps, min_samples=least).fit(x)
        cases.append({"eps": eps, "minSamples": least, "clusters": model.labels_.tolist()})
    return {"cases": cases, "kDistance": k_distance(x, 4, 20)}


def optics(x, least, max_eps):
    """Distances by differences: those by products, the default for many columns, tell equal ones apart by rounding."""
    model = OPTICS(min_samples=least, max_eps=max_eps, algorithm="kd_tree").fit(x)
    finite = lambda values: [-1 if np.isinf(value) else value for value in values]
    return {
        "minSamples": least, "maxEps": None if np.isinf(max_eps) else max_eps,
        "ordering": model.ordering_.tolist(),
        "reachability": rounded(finite(model.reachability_)), "cores": rounded(finite(model.core_distances_)),
        "predecessors": model.predecessor_.tolist(), "xi": model.labels_.tolist(),
        "xi 0.1, 15": OPTICS(
            min_samples=least, max_eps=max_eps, algorithm="kd_tree", xi=0.1, min_cluster_size=15).fit(x).labels_.tolist(),
        "xi uncorrected": OPTICS(
            min_samples=least, max_eps=max_eps, algorithm="kd_tree", predecessor_correction=False).fit(x).labels_.tolist(),
    }


if __name__ == "__main__":
    for folder in ["dbscan", "optics"]:
        (FOLDER / folder).mkdir(exist_ok=True)
    for name in NAMES:
        x = table(name)
        text = json.dumps(dbscan(x, name), separators=(",", ":"))
        (FOLDER / "dbscan" / f"{name}.json").write_text(text + "\n")
        cases = [optics(x, 5, np.inf), optics(x, 10, SETTINGS[name][0][0])]
        for case, eps in zip(cases, [SETTINGS[name][0][0], SETTINGS[name][0][0] * 0.8]):
            undefined = lambda key: np.array([np.inf if v == -1 else v for v in case[key]])
            case["eps"] = eps
            case["dbscan"] = cluster_optics_dbscan(
                reachability=undefined("reachability"), core_distances=undefined("cores"),
                ordering=np.array(case["ordering"]), eps=eps).tolist()
        text = json.dumps(cases, separators=(",", ":"))
        (FOLDER / "optics" / f"{name}.json").write_text(text + "\n")
