"""Writes what scikit-learn's metrics give on seeded random and real labels, edge cases among them."""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn import datasets, metrics
from sklearn.cluster import KMeans
from sklearn.metrics.cluster import contingency_matrix

FOLDER = Path(__file__).parent
warnings.filterwarnings("ignore")


def ints(values):
    return [int(value) for value in values]


def cluster_case(name, classes, clusters):
    table = contingency_matrix(classes, clusters)
    rows, columns = linear_sum_assignment(-table)
    return {
        "name": name,
        "classes": ints(classes),
        "clusters": ints(clusters),
        "nmi": metrics.normalized_mutual_info_score(classes, clusters),
        "ami": metrics.adjusted_mutual_info_score(classes, clusters),
        "ari": metrics.adjusted_rand_score(classes, clusters),
        "hungarian-accuracy": table[rows, columns].sum() / len(classes),
        "purity": table.max(axis=0).sum() / len(classes),
    }


def cluster_cases():
    random = np.random.default_rng(7)
    yield cluster_case("random", random.integers(0, 4, 60), random.integers(0, 5, 60))
    yield cluster_case("many clusters", random.integers(0, 3, 80), random.integers(0, 20, 80))
    yield cluster_case("few clusters", random.integers(0, 12, 90), random.integers(0, 2, 90))
    yield cluster_case("one cluster", random.integers(0, 3, 30), np.zeros(30, int))
    yield cluster_case("one class", np.zeros(30, int), random.integers(0, 3, 30))
    yield cluster_case("one of both", np.zeros(20, int), np.zeros(20, int))
    yield cluster_case("singletons", random.integers(0, 3, 30), np.arange(30))
    yield cluster_case("singletons twice", np.arange(12), np.arange(12)[::-1])
    yield cluster_case("the same", np.arange(40) % 4, (np.arange(40) + 1) % 4)
    yield cluster_case("independent", np.repeat([0, 1], 20), np.tile([0, 1], 20))
    yield cluster_case("one row", np.zeros(1, int), np.zeros(1, int))
    uneven = (random.random(400) ** 4 * 9).astype(int)
    yield cluster_case("uneven", uneven, np.where(random.random(400) < 0.6, uneven, random.integers(0, 9, 400)))
    for name in ["iris", "digits"]:
        data = getattr(datasets, f"load_{name}")()
        count = len(set(data.target))
        found = KMeans(count, n_init=1, random_state=0).fit_predict(data.data)
        yield cluster_case(name, data.target, found)


def probe_case(name, truth, predicted, held):
    mask = np.asarray(held, bool)
    true, said = np.asarray(truth)[mask], np.asarray(predicted)[mask]
    return {
        "name": name,
        "truth": ints(truth),
        "predicted": ints(predicted),
        "held": ints(held),
        "accuracy": metrics.accuracy_score(true, said),
        "balanced-accuracy": metrics.balanced_accuracy_score(true, said),
        "macro-f1": metrics.f1_score(true, said, average="macro"),
        "confusion-matrix": metrics.confusion_matrix(true, said, labels=sorted(set(truth))).tolist(),
    }


def probe_cases():
    random = np.random.default_rng(11)
    truth = random.integers(0, 5, 200)
    wrong = np.where(random.random(200) < 0.3, random.integers(0, 5, 200), truth)
    held = random.random(200) < 0.25
    yield probe_case("random", truth, wrong, held)
    yield probe_case("every row", truth, wrong, np.ones(200))
    yield probe_case("a class is not held out", truth, wrong, held & (truth != 2))
    yield probe_case("a class is only predicted", truth, np.where(truth == 0, 2, wrong), held & (truth != 2))
    yield probe_case("all wrong", truth, (truth + 1) % 5, held)
    yield probe_case("one row", truth, truth, np.arange(200) == 17)


def silhouettes():
    for name, count in [("iris", 3), ("wine", 5), ("digits", 10)]:
        data = getattr(datasets, f"load_{name}")()
        features = data.data.astype(np.float32).astype(float)
        found = KMeans(count, n_init=1, random_state=1).fit_predict(features)
        if name == "iris":
            found[7], found[20:24] = 3, -1
        yield {
            "name": name,
            "clusters": ints(found),
            "silhouette": metrics.silhouette_score(features, found),
            "calinski-harabasz": metrics.calinski_harabasz_score(features, found),
            "davies-bouldin": metrics.davies_bouldin_score(features, found),
        }


def write(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":"), default=float) for case in cases)
    (FOLDER / name).write_text("[\n" + lines + "\n]\n")


write("clusters.json", cluster_cases())
write("predictions.json", probe_cases())
write("silhouettes.json", silhouettes())
