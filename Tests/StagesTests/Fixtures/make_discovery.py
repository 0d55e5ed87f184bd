"""Numbers of class discovery by numpy, SciPy and scikit-learn: python make_discovery.py

Writes discovery/<data set>.json (the least inertias of k-means beside known centres, the spectral embedding and the longest
edge of the spanning tree) and discovery/balanced.json (balanced accuracies of the clusters of measure/clusters.json).
Made with numpy 2.4.6, SciPy 1.17.1 and scikit-learn 1.9.1.
"""
import json
from pathlib import Path

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import laplacian, minimum_spanning_tree
from scipy.spatial.distance import cdist
from sklearn import datasets
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
CASES = {"iris": (datasets.load_iris, [1, 2]), "wine": (datasets.load_wine, [0, 2]),
         "digits": (datasets.load_digits, [1, 4, 7])}


def search(novel, labelled, classes, clusters, known, random):
    means = np.array([labelled[classes == c].mean(0) for c in np.unique(classes)])
    centres = means.copy()
    for _ in range(clusters):
        weights = (cdist(novel, centres) ** 2).min(1)
        centres = np.vstack([centres, novel[random.choice(len(novel), p=weights / weights.sum())]])
    first = len(means) if known == "seed" else 0
    for _ in range(500):
        owners = cdist(novel, centres[first:]).argmin(1) + first
        moved = centres.copy()
        for centre in range(0 if known == "move" else len(means), len(centres)):
            rows = novel[owners == centre]
            if known == "move" and centre < len(means):
                rows = np.vstack([rows, labelled[classes == np.unique(classes)[centre]]])
            if len(rows):
                moved[centre] = rows.mean(0)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return float((cdist(novel, centres[first:]) ** 2).min(1).sum())


def embedding(rows, components, similarity):
    distances = cdist(rows, rows)
    longest = minimum_spanning_tree(distances).toarray().max()
    weights = np.exp(distances**2 * np.log(similarity) / longest**2)
    # The similarity of a row to itself counts in its degree, so the Laplacian is written out.
    degrees = weights.sum(1)
    normal = np.eye(len(rows)) - weights / np.sqrt(np.outer(degrees, degrees))
    values, vectors = eigh(normal)
    return longest, values[: components + 2], vectors[:, 1 : components + 1]


def discovery():
    for name, (load, hidden) in CASES.items():
        data = load()
        rows, classes = data.data.astype(np.float32), data.target
        if name == "digits":
            rows, classes = rows[::4], classes[::4]
        if name == "wine":
            rows = StandardScaler().fit_transform(rows.astype(float)).astype(np.float32)
        rows = rows.astype(float)
        novel = np.isin(classes, hidden)
        random = np.random.default_rng(1)
        found = {"hidden": hidden}
        for known in ["seed", "hold", "move"]:
            found[known] = min(
                search(rows[novel], rows[~novel], classes[~novel], len(hidden), known, random) for _ in range(200))
        longest, values, vectors = embedding(rows, 3, 0.5)
        kept = list(range(0, len(rows), 7))
        found |= {"longest": float(longest), "values": values.round(9).tolist(), "rows": kept,
                  "embedding": vectors[kept].round(9).tolist()}
        (HERE / f"discovery/{name}.json").write_text(json.dumps(found) + "\n")


def balanced():
    """Only where each best matching gives the same."""
    random = np.random.default_rng(2)
    cases = []
    for item in json.loads((HERE / "measure/clusters.json").read_text()):
        classes, clusters = np.array(item["classes"]), np.array(item["clusters"])
        names = np.unique(classes)
        table = np.array([[((classes == c) & (clusters == k)).sum() for k in range(max(clusters.max(), 0) + 1)] for c in names])
        found = set()
        for _ in range(50):
            pairs = linear_sum_assignment(table + 1e-6 * random.random(table.shape), maximize=True)
            recall = np.zeros(len(names))
            recall[pairs[0]] = table[pairs] / np.array([(classes == names[c]).sum() for c in pairs[0]])
            found.add(round(float(recall.mean()), 12))
        cases.append({"name": item["name"], "value": found.pop() if len(found) == 1 else None})
    (HERE / "discovery/balanced.json").write_text(json.dumps(cases) + "\n")


def main():
    (HERE / "discovery").mkdir(exist_ok=True)
    discovery()
    balanced()


main()
