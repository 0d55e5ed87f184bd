"""Writes the hierarchies that scipy finds, and the labels of scikit-learn's AgglomerativeClustering."""

import json
from pathlib import Path

import numpy as np
from scipy.cluster.hierarchy import linkage
from sklearn import datasets
from sklearn.cluster import AgglomerativeClustering

FOLDER = Path(__file__).parent / "agglomerative"


def tables():
    for name, step in [("iris", 1), ("wine", 1), ("breast_cancer", 2), ("digits", 4)]:
        yield name, step, getattr(datasets, f"load_{name}")().data[::step]
    # Every distance ties.
    yield "lattice", 1, np.stack(np.meshgrid(range(9), range(7), indexing="ij"), -1).reshape(-1, 2)


def case(name, step, features, method):
    features = features.astype(np.float32).astype(float)
    tree = linkage(features, method)
    labels = {
        str(count): AgglomerativeClustering(count, linkage=method).fit_predict(features).tolist()
        for count in [2, 3, 7, 20]
    }
    return {
        "name": name, "step": step, "linkage": method, "heights": [float(f"{h:.9g}") for h in tree[:, 2]],
        "merges": tree[:, :2].astype(int).ravel().tolist(), "labels": labels,
    }


cases = [case(*table, method) for table in tables() for method in ["ward", "average", "complete", "single"]]
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
(FOLDER / "trees.json").write_text("[\n" + lines + "\n]\n")
