"""A grid of reducers, numbers of components, clusterers and probes as a careful user would script it with joblib.

It stands in a module of its own, as joblib's processes import what they run.
"""
import h5py
import numpy as np

SEEDS, COUNTS, REDUCERS, PROCESSES = range(5), (2, 4, 8, 16, 32, 64), ("pca", "rbf", "poly"), 2


def split(path, seed):
    """Standardised fit rows and held-out rows, with their labels."""
    from sklearn.preprocessing import StandardScaler
    with h5py.File(path) as file:
        features, labels = file["features"][:], file["labels"][:]
    order = np.random.default_rng(seed).permutation(len(features))
    fitted, held = np.split(order, [int(0.8 * len(features))])
    scaler = StandardScaler().fit(features[fitted])
    return scaler.transform(features[fitted]), labels[fitted], scaler.transform(features[held]), labels[held]


def reduced(rows, others, reducer, count):
    from sklearn.decomposition import PCA, KernelPCA
    if reducer == "pca":
        model = PCA(count, svd_solver="covariance_eigh")
    else:
        model = KernelPCA(
            count, kernel=reducer, gamma=1 / rows.shape[1], degree=3, coef0=1, eigen_solver="randomized",
            random_state=0)
    return model.fit_transform(rows).astype(np.float32), model.transform(others).astype(np.float32)


def scores(rows, others, labels, truth, seed):
    """Mutual information of k-means, accuracy of the logistic probe and of neighbours."""
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import normalized_mutual_info_score
    from sklearn.neighbors import KNeighborsClassifier
    clusters = KMeans(int(labels.max()) + 1, n_init=1, random_state=seed).fit(rows).predict(others)
    logistic = LogisticRegression(C=1.0, max_iter=1000).fit(rows, labels)
    neighbors = KNeighborsClassifier(20, algorithm="brute").fit(rows, labels)
    return (
        normalized_mutual_info_score(truth, clusters), logistic.score(others, truth),
        neighbors.score(others, truth))


def cell(path, seed, reducer, counts):
    """The scores for some numbers of components, of which the largest is fitted and the others are cut from it."""
    rows, labels, others, truth = split(path, seed)
    rows, others = reduced(rows, others, reducer, max(counts))
    return [scores(rows[:, :count], others[:, :count], labels, truth, seed) for count in counts]


def run(path, once: bool):
    from joblib import Parallel, delayed
    groups = [COUNTS] if once else [(count,) for count in COUNTS]
    jobs = [
        delayed(cell)(str(path), seed, reducer, counts)
        for seed in SEEDS for reducer in REDUCERS for counts in groups
    ]
    found = [row for rows in Parallel(n_jobs=PROCESSES)(jobs) for row in rows]
    return dict(zip(["nmi", "logistic", "nearest-neighbors"], np.mean(found, 0)))
