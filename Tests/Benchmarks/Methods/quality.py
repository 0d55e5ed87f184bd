"""How good a result is: for each method a function of data, options and outputs, whose numbers the checks compare.

Everything is computed in double precision from the arrays, never taken from what the method says of itself.
"""
from pathlib import Path

import numpy as np
import data as sets


def blocks(features, size: int = 20_000):
    """The rows in double precision, some at a time."""
    for start in range(0, len(features), size):
        yield features[start:start + size].astype(np.float64)


def pca(data, options, outputs):
    components = outputs["components.values"].astype(np.float64)
    mean = data.features.mean(0, dtype=np.float64)
    basis = np.linalg.qr(components.T)[0]
    kept = total = 0.0
    for rows in blocks(data.features):
        rows -= mean
        kept += ((rows @ basis) ** 2).sum()
        total += (rows**2).sum()
    found = {
        "captured": kept / total,
        "orthonormality": abs(components @ components.T - np.eye(len(components))).max(),
    }
    if "embedding.values" in outputs:
        some = slice(0, 5000)
        exact = (data.features[some] - mean) @ components.T
        found["scores"] = abs(outputs["embedding.values"][some] - exact).max() / abs(exact).max()
    return found


def ica(data, options, outputs):
    """How far from normal the components are by log cosh, and how far their covariance is from the identity."""
    scores = outputs["embedding.values"].astype(np.float64)
    scores -= scores.mean(0)
    covariance = scores.T @ scores / len(scores)
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    normal = (weights * np.log(np.cosh(points))).sum() / weights.sum()
    contrasts = np.logaddexp(scores, -scores).mean(0) - np.log(2) - normal
    return {"negentropy": (contrasts**2).sum(), "identity": abs(covariance - np.eye(len(covariance))).max()}


def kernel_pca(data, options, outputs):
    from sklearn.metrics.pairwise import rbf_kernel
    exact = np.load(Path(data.path).parent / "b-eigenvalues.npy")
    values = outputs["spectrum.values"].astype(np.float64)
    scores = outputs["embedding.values"].astype(np.float32)
    kernel = rbf_kernel(data.features, gamma=options["gamma"])
    image = kernel @ (scores - scores.mean(0))
    image -= image.mean(0)
    del kernel
    residuals = np.linalg.norm(image - scores * values, axis=0) / (np.linalg.norm(scores, axis=0) * values)
    return {"eigenvalues": (abs(values - exact) / exact).max(), "residual": residuals.max()}


def kernel_subspace(data, options, outputs):
    """The share of the leading eigenvalues' sum that the space of the scores does not capture."""
    from sklearn.metrics.pairwise import rbf_kernel
    scores = outputs["embedding.values"].astype(np.float64)
    basis = np.linalg.qr(scores - scores.mean(0))[0].astype(np.float32)
    kernel = rbf_kernel(data.features, gamma=options["gamma"])
    captured = (basis * (kernel @ basis)).sum(dtype=np.float64)
    exact = np.load(Path(data.path).parent / "b-eigenvalues.npy")[:scores.shape[1]].sum()
    return {"missed": 1 - captured / exact}


def kernel_features(data, options, outputs):
    """How far the features' dot products are from the kernel, for some rows; components are about the mean."""
    from sklearn.metrics.pairwise import rbf_kernel
    some = np.linspace(0, len(data.features) - 1, 2000).astype(int)
    features = outputs["embedding.values"][some].astype(np.float64)
    kernel = rbf_kernel(data.features[some].astype(np.float64), gamma=options["gamma"])
    if options.get("centred"):
        features -= features.mean(0)
        kernel -= kernel.mean(0)
        kernel -= kernel.mean(1, keepdims=True)
    return {"error": np.linalg.norm(features @ features.T - kernel) / np.linalg.norm(kernel)}


def k_means(data, options, outputs):
    centres = outputs["centroids.values"].astype(np.float64)
    norms = (centres**2).sum(1)
    inertia = sum(
        ((rows**2).sum(1) + (norms - 2 * rows @ centres.T).min(1)).sum()
        for rows in blocks(data.features, 10_000))
    return {"inertia": inertia}


def hierarchy(data, options, outputs):
    """How far heights are from those of SciPy in double precision, and how well clusters agree with its cut."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from sklearn.metrics import adjusted_rand_score
    exact = linkage(data.features.astype(np.float64), "ward")
    clusters = fcluster(exact, options["clusters"], "maxclust")
    return {
        "heights": (abs(outputs["tree.heights"] - exact[:, 2]) / exact[:, 2]).max(),
        "agreement": adjusted_rand_score(clusters, outputs["assignment.clusters"]),
    }


def silhouette(data, options, outputs):
    """How far the number is from its definition."""
    rows = data.features - data.features.mean(0, dtype=np.float64)
    names, own = np.unique(data.labels, return_inverse=True)
    members = (own[:, None] == np.arange(len(names))).astype(np.float64)
    sizes, norms, total, start = members.sum(0), (rows**2).sum(1), 0.0, 0
    for block in blocks(rows, 1000):
        squares = norms[start:start + len(block), None] + norms - 2 * block @ rows.T
        sums = np.sqrt(np.maximum(squares, 0)) @ members
        places, mine = np.arange(len(block)), own[start:start + len(block)]
        inside = sums[places, mine] / (sizes[mine] - 1)
        means = sums / sizes
        means[places, mine] = np.inf
        nearest = means.min(1)
        total += ((nearest - inside) / np.maximum(nearest, inside)).sum()
        start += len(block)
    return {"difference": abs(outputs["measurement.value"][0] - total / len(rows))}


def gaussian_logs(rows, mean, covariance):
    """The logarithm of a Gaussian's density at each row."""
    factor = np.linalg.cholesky(covariance)
    distances = (np.linalg.solve(factor, (rows - mean).T) ** 2).sum(0)
    return -0.5 * (distances + len(mean) * np.log(2 * np.pi)) - np.log(np.diag(factor)).sum()


def mixture(data, options, outputs):
    """By how much the mean logarithm of the mixture's density is above that of one Gaussian."""
    rows, weights = data.features.astype(np.float64), outputs["weights.values"].ravel()
    covariances = outputs["covariances.values"].astype(np.float64).reshape(len(weights), rows.shape[1], -1)
    parts = zip(weights, outputs["centroids.values"].astype(np.float64), covariances)
    logs = np.array([np.log(weight) + gaussian_logs(rows, mean, own) for weight, mean, own in parts])
    alone = gaussian_logs(rows, rows.mean(0), np.cov(rows.T, bias=True))
    return {"gain": (np.logaddexp.reduce(logs, axis=0) - alone).mean()}


def density(data, options, outputs):
    """Numbers that tell clusters, and how far rows were reached from, from any others."""
    clusters = outputs["assignment.clusters"].astype(np.float64)
    places = np.arange(1, len(clusters) + 1)
    found = {"clusters": clusters.max() + 1, "noise": (clusters < 0).sum(), "rows": (clusters + 2) @ places}
    if "reachability.distances" in outputs:
        distances = outputs["reachability.distances"]
        found["reach"] = distances[np.isfinite(distances) & (distances >= 0)].sum()
    return {name: float(value) for name, value in found.items()}


def lof(data, options, outputs):
    """How far the scores are from those of scikit-learn in double precision, relative to them."""
    from sklearn.neighbors import LocalOutlierFactor
    exact = -LocalOutlierFactor(options["k"]).fit(data.features.astype(np.float64)).negative_outlier_factor_
    return {"difference": (abs(outputs["scores.values"] - exact) / exact).max()}


def accuracy(data, outputs):
    held = slice(sets.TRAINING, None)
    return {"accuracy": (outputs["predictions.classes"][held] == data.labels[held]).mean()}


def logistic_objective(data, c: float, weights) -> float:
    """The mean cross-entropy with the penalty, as scikit-learn's objective divided by c and the rows."""
    weights = weights.astype(np.float64)
    losses, start = 0.0, 0
    for rows in blocks(data.fitted):
        scores = rows @ weights[:, :-1].T + weights[:, -1]
        scores -= scores.max(1, keepdims=True)
        own = scores[np.arange(len(rows)), data.fitted_labels[start:start + len(rows)]]
        losses += (np.log(np.exp(scores).sum(1)) - own).sum()
        start += len(rows)
    return (losses + (weights[:, :-1] ** 2).sum() / (2 * c)) / len(data.fitted)


def logistic(data, options, outputs):
    objective = logistic_objective(data, options["c"], outputs["weights.values"])
    return {"objective": objective} | accuracy(data, outputs)


def along(outputs: dict) -> list:
    """The weights of a path with their values, ascending."""
    names = [name for name in outputs if name.startswith("weights at ")]
    found = [(float(name.removeprefix("weights at ").removesuffix(".values")), outputs[name]) for name in names]
    return sorted(found, key=lambda pair: pair[0])


def logistic_path(data, options, outputs):
    return {f"objective at {c:g}": logistic_objective(data, c, weights) for c, weights in along(outputs)}


def signs(data, classes: int):
    """1 for a fit row's own class and −1 for every other."""
    return np.where(data.fitted_labels[:, None] == np.arange(classes), 1.0, -1.0)


def ridge_objective(data, penalty: float, weights) -> float:
    """The mean over rows of ‖y − f(x)‖² with the penalty."""
    weights = weights.astype(np.float64)
    errors = data.fitted.astype(np.float64) @ weights[:, :-1].T + weights[:, -1] - signs(data, len(weights))
    return ((errors**2).sum() + penalty * (weights[:, :-1] ** 2).sum()) / len(errors)


def ridge_path(data, options, outputs):
    return {"objectives": sum(ridge_objective(data, penalty, weights) for penalty, weights in along(outputs))}


def ridge(data, options, outputs):
    """With the penalty that was chosen."""
    penalty = float(outputs["penalty.value"][0])
    objective = ridge_objective(data, penalty, outputs["weights.values"])
    return {"penalty": penalty, "objective": objective} | accuracy(data, outputs)


def svm(data, options, outputs):
    """The sum over classes of ½ ‖w, b‖² + c · Σ squared hinge losses."""
    weights = outputs["weights.values"].astype(np.float64)
    margins = signs(data, len(weights)) * (data.fitted.astype(np.float64) @ weights[:, :-1].T + weights[:, -1])
    losses = (np.maximum(0, 1 - margins) ** 2).sum()
    return {"objective": 0.5 * (weights**2).sum() + options["c"] * losses} | accuracy(data, outputs)


def probe(data, options, outputs):
    return accuracy(data, outputs)


def as_told(data, options, outputs):
    """Numbers that the contender measured itself: whole programs hand out nothing else."""
    return outputs


def neighbors(data, options, outputs):
    """The share of true neighbours among those found, of some queries; equally near ones count as true."""
    fitted, queries = data.unit_rows()
    some = np.linspace(0, len(queries) - 1, 500).astype(int)
    similar = queries[some].astype(np.float64) @ fitted.T.astype(np.float64)
    least = np.partition(similar, -options["k"], axis=1)[:, -options["k"]]
    found = np.take_along_axis(similar, outputs["neighbors.values"][some].astype(np.int64), axis=1)
    return {"recall": (found >= least[:, None] - 1e-6).mean()}


def standardize(data, options, outputs):
    features = outputs["features.values"]
    mean, deviation = features.mean(0, dtype=np.float64), features.std(0, dtype=np.float64)
    return {"mean": abs(mean).max(), "deviation": abs(deviation - 1).max()}


def whiten(data, options, outputs):
    """How far the covariance is from the identity, and the transformation from a symmetric one."""
    features = outputs["features.values"]
    mean, columns = features.mean(0, dtype=np.float64), features.shape[1]
    covariance, cross = np.zeros((columns, columns)), np.zeros((columns, columns))
    middle, start = data.features.mean(0, dtype=np.float64), 0
    for rows in blocks(features):
        rows -= mean
        covariance += rows.T @ rows
        cross += (data.features[start:start + len(rows)] - middle).T @ rows
        start += len(rows)
    count = len(features) - 1
    # X'Y is symmetric if and only if the map from X to Y is, as it commutes with the covariance of X.
    return {
        "identity": abs(covariance / count - np.eye(columns)).max(),
        "symmetry": abs(cross - cross.T).max() / abs(cross).max(),
    }


def load(data, options, outputs):
    return {"difference": abs(outputs["features.values"] - data.features).max()}


def representation(method: str):
    """How far a measure is from its value in double precision."""
    def judge(data, options, outputs):
        import peers
        exact = peers.REFERENCES[method](data, options)()["measurement.value"][0]
        return {"error": abs(outputs["measurement.value"][0] / exact - 1)}
    return judge


#: The judgement of each method.
QUALITY = {
    "pca": pca, "streaming-pca": pca,
    "ica": ica, "kernel-pca": kernel_pca, "kernel-subspace": kernel_subspace, "nystroem": kernel_features,
    "random-features": kernel_features, "k-means": k_means, "seeding": k_means,
    "mini-batch": k_means, "hierarchy": hierarchy, "silhouette": silhouette, "mixture": mixture, "dbscan": density,
    "optics": density, "lof": lof,
    "logistic": logistic, "logistic-path": logistic_path, "ridge": ridge, "ridge-path": ridge_path, "lda": probe,
    "svm": svm,
    "neighbors": neighbors, "standardize": standardize, "whiten": whiten, "load": load,
    **{name: representation(name) for name in ["vendi", "rank-me", "cka", "svcca"]},
    "out-of-core": as_told, "grid": as_told,
}
