"""Writes what scikit-learn gives for FastICA and TruncatedSVD, and a plain numpy and scipy LPP, from Float32 values.

Every fifth row, from row 4, is held out; of digits every fourth row is taken. FastICA's fixed points depend on where it
starts, so all that some starts find are kept. Components are in the order and with the signs that the stages promise.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy.linalg import eigh
from sklearn import datasets
from sklearn.decomposition import FastICA, TruncatedSVD

FOLDER = Path(__file__).parent
NAMES = ["iris", "wine", "breast_cancer", "digits"]


def load(name):
    x = getattr(datasets, f"load_{name}")().data.astype(np.float32).astype(float)
    return x[::4] if name == "digits" else x


def held_out(x):
    return np.arange(len(x)) % 5 == 4


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in np.ravel(values)]


def signs(rows):
    """What makes the entry of largest magnitude of each row positive."""
    return np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])


def write(folder, name, found):
    (FOLDER / folder).mkdir(exist_ok=True)
    (FOLDER / folder / f"{name}.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


# FastICA

def mixture():
    """Three mixtures of a uniform, a two-sided exponential and a two-valued source with one column of noise."""
    random = np.random.default_rng(3)
    sources = np.stack([
        random.uniform(-1, 1, 600), random.laplace(size=600), random.choice([-1.0, 1], 600),
        0.3 * random.standard_normal(600)])
    mixed = random.standard_normal((4, 4)) @ sources
    return np.round(mixed.T, 4).astype(np.float32).astype(float)


def fixed_points(x, count, contrast, algorithm):
    out, found = held_out(x), []
    for seed in range(24):
        model = FastICA(
            count, fun=contrast, algorithm=algorithm, whiten="unit-variance", tol=1e-13, max_iter=3000,
            random_state=seed)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scores = model.fit(x[~out]).transform(x)
        if caught:
            continue
        energy = (model.mixing_**2).sum(axis=0)
        order = np.argsort(-energy)
        mixing = model.mixing_.T[order]
        sign = signs(mixing)
        case = {
            "energy": energy[order] * (~out).sum() / ((~out).sum() - 1), "mixing": mixing * sign[:, None],
            "heldOut": (scores[:, order] * sign)[out][:5]}
        if not any(np.abs(case["mixing"] - other["mixing"]).max() < 1e-5 * np.abs(mixing).max() for other in found):
            found.append(case)
    print(count, contrast, algorithm, len(found))
    return [{key: rounded(value) for key, value in case.items()} for case in found]


def make_ica():
    sets = {"mixture": (mixture(), 3), "iris": (load("iris"), 3), "wine": (load("wine"), 2)}
    for name, (x, count) in sets.items():
        found = {
            f"{contrast} {decorrelation}": fixed_points(x, count, contrast, algorithm)
            for contrast in ["logcosh", "exp", "cube"]
            for decorrelation, algorithm in [("symmetric", "parallel"), ("deflation", "deflation")]}
        if name == "mixture":
            found["features"] = [rounded(row) for row in x]
        write("ica", name, found)


# Truncated SVD

def make_svd():
    for name in NAMES:
        x = load(name)
        out = held_out(x)
        count = min(6, x.shape[1] - 1)
        model = TruncatedSVD(count, algorithm="arpack", random_state=0).fit(x[~out])
        sign = signs(model.components_)
        factor = (~out).sum() / ((~out).sum() - 1)
        write("truncated-svd", name, {
            "values": rounded(model.singular_values_),
            "variance": rounded(model.transform(x[~out]).var(axis=0) * factor),
            "total": float(x[~out].var(axis=0, ddof=1).sum()),
            "heldOut": rounded((model.transform(x) * sign)[out][:5]),
        })


# Locality preserving projections

def neighbours(x, k):
    """The k nearest of each row, equally near ones by their index, and their squared distances."""
    squares = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    order = np.argsort(squares, axis=1, kind="stable")
    nearest = np.take_along_axis(squares, order, axis=1)
    last, after = nearest[:, k - 1], nearest[:, k]
    whole = (x == np.round(x)).all()
    assert whole or (after - last > 1e-12 * last).all(), "the graph is open"
    return order[:, :k], nearest[:, :k]


def lpp(x, k, weights, energy, count):
    out = held_out(x)
    fit, mean = x[~out], x[~out].mean(axis=0)
    order, squares = neighbours(fit, k)
    if weights == "binary":
        values = np.ones_like(squares)
    else:
        values = np.exp(-squares / (squares.mean() if weights is None else weights))
    graph = np.zeros((len(fit), len(fit)))
    graph[np.arange(len(fit))[:, None], order] = values
    graph = np.maximum(graph, graph.T)
    degrees = np.diag(graph.sum(axis=1))
    variances, axes = np.linalg.eigh(np.cov(fit, rowvar=False))
    variances, axes = variances[::-1], axes[:, ::-1]
    rank = (variances > 1e-12 * variances[0]).sum()
    kept = min(rank, np.searchsorted(np.cumsum(variances), energy * variances.sum() * (1 - 1e-15)) + 1)
    kept = rank if energy == 1 else kept
    white = (fit - mean) @ axes[:, :kept] / np.sqrt(variances[:kept])
    values, vectors = eigh(white.T @ (degrees - graph) @ white, white.T @ degrees @ white)
    directions = (axes[:, :kept] / np.sqrt(variances[:kept]) @ vectors[:, :count]).T
    directions /= ((fit - mean) @ directions.T).std(axis=0)[:, None]
    directions *= signs(directions)[:, None]
    gaps = np.diff(values[:count + 1])
    assert (gaps > 1e-4).all(), "eigenvalues lie too close to compare vectors"
    return {
        "eigenvalues": rounded(values[:count]), "components": rounded(directions),
        "heldOut": rounded(((x - mean) @ directions.T)[out][:5])}


def make_lpp():
    cases = {
        "default": (5, None, 1, 3), "heat": (7, "wide", 1, 2), "binary": (4, "binary", 1, 2),
        "energy": (5, None, 0.95, 1)}
    for name in ["wine", "breast_cancer", "digits"]:
        x = load(name)
        width = round(float(x.var(axis=0).sum()), 1)
        found = {"t": width}
        for case, (k, weights, energy, count) in cases.items():
            found[case] = lpp(x, k, width if weights == "wide" else weights, energy, count)
        write("lpp", name, found)


make_ica()
make_svd()
make_lpp()
