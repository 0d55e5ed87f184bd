"""What others would run instead: for each method, by name, a function of data and options.

It prepares what is not to be timed and returns what is timed, whose result is a dictionary of arrays under the names
that our own outputs have: port.array.
"""
import importlib
import os
import threading

import grid
import numpy as np


def kind(module: str, name: str):
    """An estimator's class: modules are imported only where they are wanted, and before the clock starts."""
    return getattr(importlib.import_module(module), name)


# PCA

def pca_by(module: str, solver: str):
    def prepare(data, options):
        Model = kind(f"{module}.decomposition", "PCA")

        def work():
            model = Model(n_components=options["components"], svd_solver=solver, random_state=0)
            scores = model.fit(data.features).transform(data.features)
            return {"embedding.values": scores, "components.values": model.components_,
                    "mean.values": model.mean_[None]}
        return work
    return prepare


def pca_faiss(data, options):
    import faiss
    columns, count = data.features.shape[1], options["components"]

    def work():
        model = faiss.PCAMatrix(columns, count)
        model.train(data.features)
        scores = model.apply(data.features)
        return {"embedding.values": scores,
                "components.values": faiss.vector_to_array(model.A).reshape(count, columns),
                "mean.values": faiss.vector_to_array(model.mean)[None]}
    return work


def pca_incremental(data, options):
    """From the file, in batches, as scikit-learn's guide has it."""
    import h5py
    size = 4096
    Model = kind("sklearn.decomposition", "IncrementalPCA")

    def work():
        model = Model(n_components=options["components"], batch_size=size)
        with h5py.File(data.path) as file:
            features = file["features"]
            for start in range(0, len(features), size):
                model.partial_fit(features[start:start + size])
        return {"components.values": model.components_, "mean.values": model.mean_[None]}
    return work


def kernel_pca_by(solver: str, precision: str):
    def prepare(data, options):
        features = data.features.astype(precision)

        Model = kind("sklearn.decomposition", "KernelPCA")

        def work():
            model = Model(
                n_components=options["components"], kernel="rbf", gamma=options["gamma"],
                eigen_solver=solver, random_state=0)
            scores = model.fit_transform(features)
            return {"embedding.values": scores, "spectrum.values": model.eigenvalues_}
        return work
    return prepare


def nystroem(data, options):
    Model = kind("sklearn.kernel_approximation", "Nystroem")
    Components = kind("sklearn.decomposition", "PCA")

    def work():
        model = Model(
            kernel="rbf", gamma=options["gamma"], n_components=options["landmarks"], random_state=0)
        features = model.fit_transform(data.features)
        if "components" in options:
            reducer = Components(options["components"], svd_solver="covariance_eigh")
            features = reducer.fit_transform(features)
        return {"embedding.values": features}
    return work


def random_features(data, options):
    Model = kind("sklearn.kernel_approximation", "RBFSampler")

    def work():
        model = Model(gamma=options["gamma"], n_components=options["components"], random_state=0)
        return {"embedding.values": model.fit_transform(data.features)}
    return work


# Independent components

def ica_by(solver: str):
    def prepare(data, options):
        Model = kind("sklearn.decomposition", "FastICA")

        def work():
            model = Model(
                options["components"], whiten="unit-variance", fun="logcosh", algorithm="parallel", tol=1e-4,
                max_iter=200, whiten_solver=solver, random_state=0)
            return {"embedding.values": model.fit_transform(data.features)}
        return work
    return prepare


# k-means

def random_rows(data, count: int):
    return data.features[np.random.default_rng(1).choice(len(data.features), count, replace=False)].copy()


def k_means_by(module: str, algorithm: str):
    def prepare(data, options):
        start = random_rows(data, options["clusters"])

        Model = kind(f"{module}.cluster", "KMeans")

        def work():
            model = Model(
                n_clusters=options["clusters"], init=start, n_init=1, max_iter=options["iterations"],
                tol=0, algorithm=algorithm)
            return {"centroids.values": model.fit(data.features).cluster_centers_}
        return work
    return prepare


def k_means_faiss(data, options):
    import faiss
    start = random_rows(data, options["clusters"])

    def work():
        model = faiss.Kmeans(
            data.features.shape[1], options["clusters"], niter=options["iterations"], nredo=1, seed=1,
            max_points_per_centroid=10**9, min_points_per_centroid=1)
        model.train(data.features, init_centroids=start)
        return {"centroids.values": model.centroids}
    return work


def k_means_mini_batch(data, options):
    Model = kind("sklearn.cluster", "MiniBatchKMeans")

    def work():
        model = Model(n_clusters=options["clusters"], n_init=1, random_state=0)
        return {"centroids.values": model.fit(data.features).cluster_centers_}
    return work


# Hierarchies and indices of clusters

def hierarchy(data, options):
    Model = kind("sklearn.cluster", "AgglomerativeClustering")

    def work():
        model = Model(options["clusters"], linkage="ward", compute_distances=True).fit(data.features)
        return {"assignment.clusters": model.labels_, "tree.heights": model.distances_}
    return work


def silhouette(data, options):
    score = kind("sklearn.metrics", "silhouette_score")
    return lambda: {"measurement.value": np.array([score(data.features, data.labels)])}


def seeding_by(module: str):
    """Greedy k-means++ and one iteration, for ours does not end before."""
    def prepare(data, options):
        Model = kind(f"{module}.cluster", "KMeans")

        def work():
            model = Model(
                n_clusters=options["clusters"], init="k-means++", n_init=1, max_iter=1, tol=0, random_state=0)
            return {"centroids.values": model.fit(data.features).cluster_centers_}
        return work
    return prepare


# Mixtures and density

def mixture_by(precision: str):
    def prepare(data, options):
        features = data.features.astype(precision)
        Model = kind("sklearn.mixture", "GaussianMixture")

        def work():
            model = Model(
                options["clusters"], covariance_type="full", max_iter=options["iterations"], tol=0, random_state=0)
            model.fit(features)
            model.predict(features)
            return {
                "weights.values": model.weights_[None], "centroids.values": model.means_,
                "covariances.values": model.covariances_.reshape(-1, features.shape[1])}
        return work
    return prepare


def dbscan_by(module: str):
    def prepare(data, options):
        Model = kind(f"{module}.cluster", "DBSCAN")

        def work():
            model = Model(eps=options["eps"], min_samples=options["least"], n_jobs=2)
            return {"assignment.clusters": model.fit(data.features).labels_}
        return work
    return prepare


def optics(data, options):
    Model = kind("sklearn.cluster", "OPTICS")

    def work():
        model = Model(min_samples=options["least"], n_jobs=2).fit(data.features)
        return {"assignment.clusters": model.labels_, "reachability.distances": model.reachability_}
    return work


# Probes

def classes_of(model, features):
    return model.predict(features).astype(np.int32)


def linear(model, data):
    """Weights with the intercepts last, and what they predict for every row."""
    return {
        "weights.values": np.hstack([model.coef_, model.intercept_[:, None]]),
        "predictions.classes": classes_of(model, data.features),
    }


def at(value: float, outputs: dict) -> dict:
    """Outputs of one value of a path, by the names that ours have."""
    text = str(int(value) if value == int(value) else value)
    return {name.replace(".", f" at {text}.", 1): output for name, output in outputs.items()}


def logistic_by(module: str):
    def prepare(data, options):
        Model = kind(f"{module}.linear_model", "LogisticRegression")

        def work():
            model = Model(C=options["c"], tol=options["tolerance"], max_iter=2000)
            model.fit(data.fitted, data.fitted_labels)
            return linear(model, data)
        return work
    return prepare


def logistic_path(data, options):
    """The strongest penalty first, each fit from the one before."""
    Model = kind("sklearn.linear_model", "LogisticRegression")

    def work():
        model = Model(tol=options["tolerance"], max_iter=2000, warm_start=True)
        found = {}
        for strength in options["strengths"]:
            model.set_params(C=strength).fit(data.fitted, data.fitted_labels)
            found |= at(strength, linear(model, data))
        return found
    return work


def ridge_path(data, options):
    Model = kind("sklearn.linear_model", "RidgeClassifier")

    def work():
        found = {}
        for penalty in options["penalties"]:
            model = Model(alpha=penalty, solver="cholesky").fit(data.fitted, data.fitted_labels)
            found |= at(penalty, linear(model, data))
        return found
    return work


def ridge_cv(data, options):
    """All penalties by the formula for leaving one row out, which finds the best of them."""
    Model = kind("sklearn.linear_model", "RidgeClassifierCV")

    def work():
        model = Model(alphas=options["penalties"])
        model.fit(data.fitted, data.fitted_labels)
        return linear(model, data) | {"penalty.value": np.array([model.alpha_])}
    return work


def ridge_repeated(data, options):
    """A fit for each penalty; which is the best is taken as known."""
    Model = kind("sklearn.linear_model", "RidgeClassifier")

    def work():
        models = [
            Model(alpha=penalty, solver="cholesky").fit(data.fitted, data.fitted_labels)
            for penalty in options["penalties"]
        ]
        best = options["best"]
        return linear(models[best], data) | {"penalty.value": np.array([options["penalties"][best]])}
    return work


def lda_by(solver: str):
    def prepare(data, options):
        Model = kind("sklearn.discriminant_analysis", "LinearDiscriminantAnalysis")

        def work():
            model = Model(solver=solver, shrinkage=options["shrinkage"])
            model.fit(data.fitted, data.fitted_labels)
            return {"predictions.classes": classes_of(model, data.features)}
        return work
    return prepare


def svm_by(dual: bool):
    def prepare(data, options):
        Model = kind("sklearn.svm", "LinearSVC")

        def work():
            model = Model(C=options["c"], dual=dual, tol=options["tolerance"])
            model.fit(data.fitted, data.fitted_labels)
            return linear(model, data)
        return work
    return prepare


def neighbors_faiss(index: str):
    def prepare(data, options):
        import faiss
        fitted, queries = data.unit_rows()

        def work():
            found = getattr(faiss, index)(fitted.shape[1])
            found.add(fitted)
            return {"neighbors.values": found.search(queries, options["k"])[1]}
        return work
    return prepare


def neighbors_by(module: str):
    def prepare(data, options):
        fitted, queries = data.unit_rows()

        Model = kind(f"{module}.neighbors", "NearestNeighbors")

        def work():
            model = Model(n_neighbors=options["k"], algorithm="brute", n_jobs=2)
            return {"neighbors.values": model.fit(fitted).kneighbors(queries, return_distance=False)}
        return work
    return prepare


# Normalisers

def standardize_sklearn(data, options):
    Model = kind("sklearn.preprocessing", "StandardScaler")

    def work():
        model = Model()
        return {"features.values": model.fit_transform(data.features)}
    return work


def whiten_numpy(precision: str):
    def prepare(data, options):
        import scipy.linalg
        features = data.features.astype(precision)

        def work():
            centred = features - features.mean(0)
            covariance = centred.T @ centred
            covariance /= len(centred) - 1
            values, vectors = scipy.linalg.eigh(covariance, driver="evd")
            turned = (vectors / np.sqrt(values + options["ridge"] * values[-1])) @ vectors.T
            return {"features.values": centred @ turned.astype(precision)}
        return work
    return prepare


def load_h5py(data, options):
    import h5py

    def work():
        with h5py.File(data.path) as file:
            return {"features.values": file["features"][:]}
    return work


def disk(data, options):
    """Reads the file from the disk as often as `passes` says, with two reads under way at a time, and no more."""
    def read(file: int, blocks):
        memory = memoryview(bytearray(1 << 24))
        for block in blocks:
            os.preadv(file, [memory], block << 24)

    def work():
        file = os.open(data.path, os.O_RDONLY)
        for _ in range(options["passes"]):
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            blocks = iter(range((os.fstat(file).st_size >> 24) + 1))
            threads = [threading.Thread(target=read, args=(file, blocks)) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        os.close(file)
        return {}
    return work


def grid_by(once: bool):
    def prepare(data, options):
        return lambda: grid.run(data.path, once)
    return prepare


def lof(data, options):
    Model = kind("sklearn.neighbors", "LocalOutlierFactor")

    def work():
        model = Model(n_neighbors=options["k"], n_jobs=2).fit(data.features)
        return {"scores.values": -model.negative_outlier_factor_}
    return work


# Measures of representations: by numpy, as their authors' code has them where there is any

def perplexity(shares):
    shares = shares[shares > 0]
    return {"measurement.value": np.array([np.exp(-np.sum(shares * np.log(shares)))])}


def vendi_by(precision: str):
    def prepare(data, options):
        features = data.features.astype(precision)

        def work():
            unit = features / np.linalg.norm(features, axis=1, keepdims=True)
            return perplexity(np.linalg.eigvalsh(unit.T @ unit / len(unit)).astype(float))
        return work
    return prepare


def rank_me_by(precision: str):
    def prepare(data, options):
        features = data.features.astype(precision)

        def work():
            values = np.linalg.svd(features, compute_uv=False).astype(float)
            return perplexity(values / values.sum() + 1e-7)
        return work
    return prepare


def cka_by(precision: str):
    def prepare(data, options):
        first, second = data.features.astype(precision), data.other.astype(precision)

        def work():
            x, y = first - first.mean(0), second - second.mean(0)
            norm = np.linalg.norm
            return {"measurement.value": np.array([norm(y.T @ x) ** 2 / norm(x.T @ x) / norm(y.T @ y)])}
        return work
    return prepare


def kept(values):
    return int(np.searchsorted(np.cumsum(values) / values.sum(), 0.99) + 1)


def svcca_gram(data, options):
    """By the products of the columns, in double precision."""
    first, second = data.features.astype(float), data.other.astype(float)

    def whitening(products):
        values, vectors = np.linalg.eigh(products)
        values, vectors = values[::-1], vectors[:, ::-1]
        count = kept(values)
        return vectors[:, :count] / np.sqrt(values[:count])

    def work():
        x, y = first - first.mean(0), second - second.mean(0)
        cross = whitening(x.T @ x).T @ (x.T @ y) @ whitening(y.T @ y)
        return {"measurement.value": np.array([np.linalg.svd(cross, compute_uv=False).mean()])}
    return work


def svcca_svd(data, options):
    """By decomposing both tables, in double precision."""
    first, second = data.features.astype(float), data.other.astype(float)

    def directions(x):
        left, values, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
        return left[:, :kept(values**2)]

    def work():
        cross = directions(first).T @ directions(second)
        return {"measurement.value": np.array([np.linalg.svd(cross, compute_uv=False).mean()])}
    return work


#: The exact value of each measure.
REFERENCES = {
    "vendi": vendi_by("f8"), "rank-me": rank_me_by("f8"), "cka": cka_by("f8"), "svcca": svcca_svd,
}


#: The peers of each method.
PEERS = {
    "vendi": {"numpy f32": vendi_by("f4"), "numpy f64": vendi_by("f8")},
    "rank-me": {"numpy f32": rank_me_by("f4"), "numpy f64": rank_me_by("f8")},
    "cka": {"numpy f32": cka_by("f4"), "numpy f64": cka_by("f8")},
    "svcca": {"numpy Gram": svcca_gram, "numpy SVD": svcca_svd},
    "pca": {
        "intelex": pca_by("sklearnex", "covariance_eigh"),
        "scikit-learn": pca_by("sklearn", "covariance_eigh"),
        "faiss": pca_faiss,
    },
    "streaming-pca": {"IncrementalPCA": pca_incremental},
    "kernel-pca": {
        "arpack f32": kernel_pca_by("arpack", "float32"),
        "randomized f32": kernel_pca_by("randomized", "float32"),
        "arpack f64": kernel_pca_by("arpack", "float64"),
    },
    "kernel-subspace": {
        "randomized f32": kernel_pca_by("randomized", "float32"),
        "arpack f32": kernel_pca_by("arpack", "float32"),
    },
    "ica": {"scikit-learn eigh": ica_by("eigh"), "scikit-learn svd": ica_by("svd")},
    "nystroem": {"scikit-learn": nystroem},
    "random-features": {"scikit-learn": random_features},
    "k-means": {
        "intelex": k_means_by("sklearnex", "lloyd"),
        "scikit-learn": k_means_by("sklearn", "lloyd"),
        "faiss": k_means_faiss,
    },
    "mini-batch": {"scikit-learn": k_means_mini_batch},
    "hierarchy": {"scikit-learn": hierarchy},
    "silhouette": {"scikit-learn": silhouette},
    "lof": {"scikit-learn": lof},
    "seeding": {"scikit-learn": seeding_by("sklearn"), "intelex": seeding_by("sklearnex")},
    "mixture": {"scikit-learn f64": mixture_by("float64"), "scikit-learn f32": mixture_by("float32")},
    "dbscan": {"scikit-learn": dbscan_by("sklearn"), "intelex": dbscan_by("sklearnex")},
    "optics": {"scikit-learn": optics},
    "logistic": {"scikit-learn": logistic_by("sklearn"), "intelex": logistic_by("sklearnex")},
    "logistic-path": {"scikit-learn": logistic_path},
    "neighbors": {
        "faiss L2": neighbors_faiss("IndexFlatL2"), "faiss IP": neighbors_faiss("IndexFlatIP"),
        "intelex": neighbors_by("sklearnex"),
    },
    "ridge": {"RidgeClassifierCV": ridge_cv, "RidgeClassifier for each": ridge_repeated},
    "ridge-path": {"RidgeClassifier": ridge_path},
    "lda": {"scikit-learn eigen": lda_by("eigen"), "scikit-learn lsqr": lda_by("lsqr")},
    "svm": {"scikit-learn dual": svm_by(True), "scikit-learn primal": svm_by(False)},
    "standardize": {"scikit-learn": standardize_sklearn},
    "whiten": {"numpy f32": whiten_numpy("float32"), "numpy f64": whiten_numpy("float64")},
    "load": {"h5py": load_h5py},
    "out-of-core": {"the disk": disk},
    "grid": {"a fit for each number": grid_by(False), "fitted once and cut": grid_by(True)},
}
