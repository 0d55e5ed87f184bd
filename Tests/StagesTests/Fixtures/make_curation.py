"""Numbers of data curation by numpy and scikit-learn: python make_curation.py

Writes curation/kde.json (divergences of kernel densities from the uniform), curation/shares.json (how numbers of rows are
divided among clusters, by trying every cut) and curation/levels.json (what scikit-learn's k-means reaches on two levels).
Made with numpy 2.4.6 and scikit-learn 1.9.1.
"""
import json
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.neighbors import KernelDensity

HERE = Path(__file__).parent / "curation"


def divergence(points, bandwidth, x, y, step):
    xs, ys = np.arange(*x, step), np.arange(*y, step)
    grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), -1).reshape(-1, 2)
    density = np.exp(KernelDensity(bandwidth=bandwidth).fit(points).score_samples(grid))
    density /= density.sum() * step * step
    area = (x[1] - x[0]) * (y[1] - y[0])
    return float((density * np.log(density * area)).sum() * step * step)


def densities():
    random = np.random.default_rng(5)
    cases = []
    for rows, spread, bandwidth, x, y, step in [
        (40, 1.0, 0.5, (-3, 3), (-3, 3), 0.05), (300, 2.0, 0.5, (-3, 3), (-3, 3), 0.02),
        (7, 0.5, 0.2, (-1, 2), (-2, 0.5), 0.01), (1, 0.1, 1.0, (-4, 4), (-1, 1), 0.1),
    ]:
        points = (spread * random.normal(size=(rows, 2))).astype(np.float32)
        cases.append({
            "points": points.astype(float).round(7).tolist(), "bandwidth": bandwidth, "x": x, "y": y, "step": step,
            "kde-kl": divergence(points.astype(float), bandwidth, x, y, step),
        })
    return cases


def shares():
    random = np.random.default_rng(8)
    cases = []
    for number in range(30):
        sizes = random.integers(0, random.choice([3, 20, 500]), random.integers(1, 12)).tolist()
        count = int(random.integers(1, max(2, sum(sizes) + 3)))
        cuts = [c for c in range(max(sizes) + 1) if sum(min(c, a) for a in sizes) <= count]
        cases.append({"sizes": sizes, "count": count, "cut": max(cuts)})
    return cases


def levels():
    """The inertias of two levels on points of the plane: those of a good and of a poor start."""
    random = np.random.default_rng(11)
    points = np.concatenate([
        random.normal([-1, -1], 0.5, (700, 2)), random.normal([1, -1], 0.5, (100, 2)),
        random.uniform(-3, 3, (100, 2)),
    ]).astype(np.float32)
    first = [KMeans(150, n_init=1, max_iter=50, random_state=seed).fit(points).inertia_ for seed in range(10)]
    return {
        "points": points.astype(float).round(7).tolist(), "clusters": 150,
        "inertia": [float(min(first)), float(max(first))],
    }


def main():
    HERE.mkdir(exist_ok=True)
    for name, make in [("kde", densities), ("shares", shares), ("levels", levels)]:
        (HERE / f"{name}.json").write_text(json.dumps(make()) + "\n")


main()
