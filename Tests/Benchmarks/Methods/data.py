"""Makes the data of the cases by seed: data.py FOLDER NAME…; what is there already stays.

a, b and c are mixtures of anisotropic Gaussians in a random orthogonal basis Q with an offset,
    x = Q diag(√λ) (m_c on the first directions + a_c · z),  λ_i = 1 / i,  log₂ a_c,i ~ U(−1, 1),
and come from one stream of random numbers, so that each needs the draws of those before it.
"""
import os
import sys
from pathlib import Path

import h5py
import numpy as np

# name: rows, columns, classes, scale of the class means, directions that have them
MIXTURES = {
    "a": (50_000, 512, 100, 0.75, 64),
    "b": (10_000, 784, 10, 0.9, 12),
    "c": (200_000, 768, 1000, 0.75, 96),
}
#: How many of the first rows of `a` the probes are fitted on.
TRAINING = 40_000


def mixture(random, rows, columns, classes, scale, top):
    roots = np.sqrt(1.0 / np.arange(1, columns + 1))
    basis = np.linalg.qr(random.standard_normal((columns, columns)))[0]
    means = np.zeros((classes, columns))
    means[:, :top] = scale * random.standard_normal((classes, top))
    spread = 2.0 ** random.uniform(-1, 1, (classes, columns))
    labels = random.integers(0, classes, rows).astype(np.int32)
    offset = random.standard_normal(columns) * 0.5
    basis = roots[:, None] * basis.T
    features = np.empty((rows, columns), np.float32)
    for start in range(0, rows, 20_000):
        some = labels[start:start + 20_000]
        points = means[some] + spread[some] * random.standard_normal((len(some), columns))
        features[start:start + 20_000] = points @ basis + offset
    return features, labels


def read(folder: Path, name: str):
    """Features and labels of a data set."""
    with h5py.File(folder / f"{name}.h5") as file:
        return file["features"][:], file["labels"][:]


def write(path: Path, features, labels, other=None, **layout):
    part = path.with_suffix(".part")
    with h5py.File(part, "w") as file:
        file.create_dataset("features", data=features, **layout)
        file.create_dataset("labels", data=labels)
        if other is not None:
            file.create_dataset("other", data=other)
    os.replace(part, path)


def make_mixtures(folder: Path, last: str):
    random = np.random.default_rng(0)
    for name, shape in MIXTURES.items():
        features, labels = mixture(random, *shape)
        if not (folder / f"{name}.h5").exists():
            write(folder / f"{name}.h5", features, labels)
        if name == last:
            return


def make_compressed(folder: Path):
    """a in chunks with shuffle and gzip -4."""
    write(
        folder / "a-gzip.h5", *read(folder, "a"), chunks=(512, 512), compression="gzip",
        compression_opts=4, shuffle=True)


def make_standard(folder: Path):
    """a with mean 0 and deviation 1 over the rows that probes are fitted on."""
    features, labels = read(folder, "a")
    fitted = features[:TRAINING]
    means, deviations = fitted.mean(0, dtype=np.float64), fitted.std(0, dtype=np.float64)
    write(folder / "a-standard.h5", ((features - means) / deviations).astype(np.float32), labels)


def make_part(folder: Path, base: str, name: str, rows: int):
    """The first rows of another data set."""
    features, labels = read(folder, base)
    write(folder / f"{name}.h5", features[:rows], labels[:rows])


def make_components(folder: Path, count: int):
    """The leading principal components of b."""
    features, labels = read(folder, "b")
    rows = features.astype(np.float64) - features.mean(0, dtype=np.float64)
    vectors = np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :count]
    write(folder / f"b-{count}.h5", (rows @ vectors).astype(np.float32), labels)


def make_pair(folder: Path):
    """The first 10,000 rows of a, and other features of the same rows: half of what they are, mixed, and noise."""
    features, labels = read(folder, "a")
    features, random = features[:10_000], np.random.default_rng(1)
    mix = random.standard_normal((512, 512)) / 512**0.5
    other = (0.5 * features @ mix + 0.1 * random.standard_normal(features.shape)).astype(np.float32)
    write(folder / "a-pair.h5", features, labels[:10_000], other)


def make_narrow(folder: Path):
    """Another such mixture with fewer columns, from a stream of its own."""
    write(folder / "narrow.h5", *mixture(np.random.default_rng(1), 20_000, 50, 20, 0.75, 10))


def make_sources(folder: Path, name: str, rows: int, columns: int, count: int, noise: float):
    """Mixtures of independent sources, a third each uniform, two-sided exponential and two-valued with some noise."""
    random = np.random.default_rng(0)
    kinds = [
        lambda: random.uniform(-1, 1, rows), lambda: random.laplace(size=rows),
        lambda: random.choice([-1.0, 1.0], rows) + 0.3 * random.standard_normal(rows)]
    sources = np.stack([kinds[index % 3]() for index in range(count)], axis=1)
    features = sources @ random.standard_normal((count, columns)) + noise * random.standard_normal((rows, columns))
    write(folder / f"{name}.h5", features.astype(np.float32), np.zeros(rows, np.int32))


def width(features) -> float:
    """γ of the Gaussian kernel: 1 ÷ the sum of the variances."""
    return float(1.0 / features.var(0, dtype=np.float64).sum())


def make_eigenvalues(folder: Path):
    """The 64 largest eigenvalues of b's centred Gaussian kernel, in double precision."""
    from scipy.sparse.linalg import eigsh
    from sklearn.metrics.pairwise import rbf_kernel
    features = read(folder, "b")[0]
    kernel = rbf_kernel(features.astype(np.float64), gamma=width(features))
    means = kernel.mean(0)
    kernel -= means
    kernel -= means[:, None] - means.mean()
    values = eigsh(kernel, 64, which="LA", return_eigenvectors=False, v0=np.ones(len(kernel)))
    np.save(folder / "b-eigenvalues.npy", np.sort(values)[::-1])


def make_large(folder: Path, rows: int = 10_000_000, columns: int = 768):
    """30 GB of normal numbers with variances 1 / i, block by block."""
    random = np.random.default_rng(0)
    roots = np.sqrt(1.0 / np.arange(1, columns + 1)).astype(np.float32)
    part = folder / "large.part"
    with h5py.File(part, "w") as file:
        features = file.create_dataset("features", (rows, columns), np.float32)
        for start in range(0, rows, 20_000):
            features[start:start + 20_000] = random.standard_normal((20_000, columns), np.float32) * roots
    os.replace(part, folder / "large.h5")


MAKERS = {
    **{name: lambda folder, name=name: make_mixtures(folder, name) for name in MIXTURES},
    **{f"b-{count}": lambda folder, count=count: make_components(folder, count) for count in (16, 50)},
    "a-gzip": make_compressed, "a-standard": make_standard, "a-pair": make_pair, "b-eigenvalues": make_eigenvalues,
    "a-part": lambda folder: make_part(folder, "a", "a-part", 10_000),
    "b-part": lambda folder: make_part(folder, "b", "b-part", 5_000),
    "narrow": make_narrow, "large": make_large,
    "sources": lambda folder: make_sources(folder, "sources", 50_000, 64, 64, 0),
    "sources-wide": lambda folder: make_sources(folder, "sources-wide", 10_000, 784, 20, 0.5),
}
#: What is made from what.
BASES = {
    "a-gzip": "a", "a-standard": "a", "a-part": "a", "a-pair": "a", "b-part": "b", "b-eigenvalues": "b", "b-16": "b",
    "b-50": "b"}


def ensure(folder: Path, name: str):
    if any((folder / f"{name}{suffix}").exists() for suffix in [".h5", ".npy"]):
        return
    if name in BASES:
        ensure(folder, BASES[name])
    print(f"making the data set {name}", file=sys.stderr, flush=True)
    MAKERS[name](folder)


if __name__ == "__main__":
    for name in sys.argv[2:]:
        ensure(Path(sys.argv[1]), name)
