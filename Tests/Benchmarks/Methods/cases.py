"""The table of cases: data, our stage, the peers, what must be equal, the physical floor, and the ratio to reach."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stage:
    """A stage of the catalog, run in memory as a run does it."""
    name: str
    parameters: dict = field(default_factory=dict)
    #: Parameters of a run whose time is taken off, as it does what the peers are spared, and by what the rest is
    #: multiplied.
    less: dict | None = None
    scale: float = 1
    #: The values of the stage's path parameter that are fitted together, ascending.
    along: tuple = ()
    seed: int = 0


@dataclass(frozen=True)
class Neighbors:
    """The search for neighbours alone: the stage would search for those of the fit rows as well."""
    k: int
    metric: str


@dataclass(frozen=True)
class Run:
    """A whole `pipe run` of a config on the case's data set, which `{data}` stands for."""
    config: dict
    #: What `--memory` is given, and the most bytes that the process may hold.
    memory: int | None = None
    #: The measurements of the result, by the names that they have for the peers.
    results: dict = field(default_factory=dict)
    #: A config that is run with the same store before the clock starts.
    before: dict | None = None


@dataclass(frozen=True)
class Check:
    """A number that says how good a result is, and what it is compared with.

    `against` is a number, or the name of the peer whose number counts; `slack` is by what share it may be worse.
    """
    name: str
    better: str
    against: float | str
    slack: float = 0

    def accepts(self, value: float, reference: float) -> bool:
        if self.better == "lower":
            return value <= reference * (1 + self.slack)
        return value >= reference * (1 - self.slack)


@dataclass(frozen=True)
class Floor:
    """What cannot be avoided: multiplications and additions, and bytes that are read and written."""
    flops: float = 0
    read: float = 0
    written: float = 0

    def seconds(self, limits: dict) -> float:
        moved = (self.read + self.written) / limits["copy"] if self.written else self.read / limits["read"]
        return max(self.flops / limits["flops"], moved)


@dataclass(frozen=True)
class Case:
    """One line of the table."""
    name: str
    what: str
    data: str
    method: str
    ours: Stage | Neighbors | Run
    peers: tuple
    checks: tuple
    floor: Floor | None
    must: float
    aim: float
    #: Peers that are shown but do not count.
    beside: tuple = ()
    options: dict = field(default_factory=dict)
    #: How many of the first rows are fitted on.
    fit: int | None = None
    #: Further data that the judge needs.
    needs: tuple = ()
    #: Whether the data have other features of the same rows.
    paired: bool = False
    #: Whether the data are in memory before the clock starts.
    in_memory: bool = True
    #: Whether a peer is a whole program, started for each sample, and how many threads each of its processes has.
    programs: bool = False
    threads: int = 2
    #: Whether the file is read from the disk, not from the page cache.
    cold: bool = False
    #: Whether the data are deleted after the case.
    temporary: bool = False
    #: Whether the case runs only where it is named.
    optional: bool = False
    note: str = ""


A, B, C = (50_000, 512), (10_000, 784), (200_000, 768)
#: 1 ÷ the sum of the variances of a, and of b.
GAMMA_A, GAMMA_B = 0.08376353805056076, 0.08508583460414233


#: About the middle of the distances of b's rows from their ninth nearest, by its first 16 components.
EPS_B = 1.6

#: What ridge regression chooses from.
PENALTIES = [10 ** (-2 + 6 * step / 19) for step in range(20)]


def size(shape: tuple) -> int:
    """Bytes of a table."""
    return 4 * shape[0] * shape[1]


def pca(name: str, shape: tuple, must: float, aim: float) -> Case:
    rows, columns = shape
    return Case(
        f"pca-{name}", f"PCA 64, {rows:,} × {columns}, fit and apply", name, "pca",
        Stage("pca", {"components": 64}), ("intelex", "scikit-learn", "faiss"),
        (Check("captured", "higher", "intelex", 1e-6), Check("orthonormality", "lower", 1e-4),
         Check("scores", "lower", 1e-3)),
        Floor(rows * columns**2 + 4 / 3 * columns**3 + 2 * rows * columns * 64, size(shape), 256 * rows),
        must, aim, options={"components": 64})


def k_means(name: str, shape: tuple, clusters: int, iterations: int, must: float, aim: float) -> Case:
    rows, columns = shape
    given = {"clusters": clusters, "starts": 1, "tolerance": 0}
    return Case(
        f"k-means-{name}", f"k-means k = {clusters}, {iterations} iterations, {rows:,} × {columns}", name, "k-means",
        Stage("k-means", given | {"iterations": iterations}, given | {"iterations": 1},
              iterations / (iterations - 1)),
        ("intelex", "scikit-learn", "faiss"), (Check("inertia", "lower", "intelex", 0.01),),
        Floor(2 * rows * columns * clusters * iterations, size(shape) * iterations), must, aim,
        options={"clusters": clusters, "iterations": iterations},
        note="ours less the seeding, which the peers are spared: (all − one iteration) × "
        f"{iterations} ÷ {iterations - 1}")


def logistic(peer_tolerance: float, tolerance: float, must: float, aim: float) -> Case:
    return Case(
        f"logistic-{peer_tolerance:.0e}".replace("e-0", "e-"),
        "multinomial logistic, 40,000 × 512, 100 classes, to scikit-learn's loss at tol "
        + f"{peer_tolerance:.0e}".replace("e-0", "e-"), "a-standard", "logistic",
        Stage("logistic", {"c": 1, "tolerance": tolerance}), ("scikit-learn", "intelex"),
        (Check("objective", "lower", "scikit-learn", 1e-4), Check("accuracy", "higher", "scikit-learn", 0.005)),
        None, must, aim, options={"c": 1.0, "tolerance": peer_tolerance}, fit=40_000)


def of_representations(
        name: str, what: str, parameters: dict, method: str, peers: tuple, must: float, aim: float, paired: bool) -> Case:
    """A measure of 10,000 rows of 512 columns, or of two such tables, exact to six digits."""
    tables = 2 if paired else 1
    return Case(
        name, f"{what}, 10,000 × 512" + (" and 10,000 × 512" if paired else ""), "a-pair", method,
        Stage(name, parameters), peers, (Check("error", "lower", 1e-6),),
        Floor(10_000 * 512**2 * (tables**2 - (tables > 1)), tables * size((10_000, 512))), must, aim, paired=paired)


def kernel_subspace(name: str, solver, what: str, aim: float) -> Case:
    """Approximate kernel PCA: the space of 20 components that misses at most a thousandth of what they capture."""
    return Case(
        name, f"kernel PCA rbf 20 by {what}, 10,000 × 784, all but a thousandth of the eigenvalues' sum", "b",
        "kernel-subspace",
        Stage("kernel-pca", {"components": 20, "kernel": {"rbf": {"gamma": GAMMA_B}}, "solver": solver}),
        ("randomized f32", "arpack f32"), (Check("missed", "lower", 1e-3),),
        Floor(10_000**2 * 784 + 4 * 2 * 10_000**2 * 20, size(B)), 2, aim,
        options={"components": 20, "gamma": GAMMA_B}, needs=("b-eigenvalues",))


def nystroem(name: str, what: str, form, landmarks: int, options: dict) -> Case:
    rows, columns = A
    kept = options.get("components", landmarks)
    return Case(
        name, f"{what}, rbf, {landmarks} landmarks, {rows:,} × {columns}", "a", "nystroem",
        Stage("nystroem", {"components": kept, "kernel": {"rbf": {"gamma": GAMMA_A}}, "form": form}),
        ("scikit-learn",), (Check("error", "lower", "scikit-learn", 0.05),),
        Floor(2 * rows * landmarks * (columns + kept), size(A), 4 * rows * kept), 1.5, 4,
        options={"landmarks": landmarks, "gamma": GAMMA_A} | options)


def mini_batch(name: str, shape: tuple, clusters: int, must: float, aim: float) -> Case:
    rows, columns = shape
    return Case(
        f"mini-batch-{name}", f"mini-batch k-means k = {clusters}, {rows:,} × {columns}", name, "mini-batch",
        Stage("mini-batch-k-means", {"clusters": clusters, "starts": 1}), ("scikit-learn",),
        (Check("inertia", "lower", "scikit-learn", 0),), Floor(2 * rows * columns * clusters, size(shape)), must, aim,
        options={"clusters": clusters}, note="the limit: every row once beside every centre")


def same(names: tuple, peer: str, slack: float = 1e-12) -> tuple:
    """Checks that numbers are those of a peer."""
    return tuple(Check(name, better, peer, slack) for name in names for better in ["lower", "higher"])


def ica(name: str, data: str, shape: tuple, components: int) -> Case:
    rows, columns = shape
    what = "scikit-learn eigh", "scikit-learn svd"
    return Case(
        name, f"FastICA {components}, log cosh, tolerance 1e-4, {rows:,} × {columns}, fit and apply", data, "ica",
        Stage("ica", {"components": components}), what,
        (Check("negentropy", "higher", what[0], 1e-3), Check("identity", "lower", 1e-3)),
        Floor(rows * columns**2 + 2 * rows * columns * components, size(shape), 4 * rows * components), 1.5, 3,
        options={"components": components},
        note="each from a random start of its own; the limit: covariance and product, without an iteration")


#: The strengths of a sweep.
STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)


def streaming_pca(memory: int, known: bool = False) -> Run:
    """PCA of a file, fitted on all rows but the two that a hold-out must have."""
    def config(components: int) -> dict:
        return {
            "pipeline": "reduce-and-compare", "data": {"load-hdf5": {"file": "{data}"}},
            "split": {"holdout": {"test": 1e-7, "stratified": False}}, "reduce": [{"pca": {"components": components}}]}
    return Run(config(64), memory, {"captured": "explained-variance"}, config(8) if known else None)


def out_of_core(name: str, what: str, passes: int) -> Case:
    return Case(
        name, f"PCA 64 of a file of 30 GB, memory ≤ 2 GB, {what}", "large", "out-of-core",
        streaming_pca(2_000_000_000, known=passes < 3), ("the disk",), (), None, 0.8, 0.95, options={"passes": passes},
        in_memory=False, cold=True, temporary=True, optional=True)


def grid(name: str, what: str, peer: str, must: float, aim: float) -> Case:
    components = {"components": {"each": [2, 4, 8, 16, 32, 64]}}
    config = {
        "pipeline": "reduce-and-compare", "data": {"load-hdf5": {"file": "{data}", "labels": "labels"}},
        "seeds": 5, "split": {"holdout": {"test": 0.2, "stratified": False}}, "whiten": ["standardize"],
        # Still more exact than the peer's randomised solver.
        "reduce": [{"pca": components}] + [
            {"kernel-pca": {"kernel": kernel, "solver": {"iterative": {"tolerance": 0.01}}} | components}
            for kernel in ["rbf", "polynomial"]],
        "cluster": [{"k-means": {"clusters": 10, "starts": 1}}],
        "probe": ["logistic", {"nearest-neighbors": {"k": 20}}],
    }
    results = {"nmi": "nmi", "logistic": "logistic accuracy", "nearest-neighbors": "nearest-neighbors accuracy"}
    return Case(
        name, f"the whole grid of 270 scores on 10,000 × 784, whole programs, against {what}", "b", "grid",
        Run(config, results=results), (peer,), tuple(Check(name, "higher", peer, 0.03) for name in results),
        None, must, aim, in_memory=False, programs=True, threads=1)


CASES = [
    pca("a", A, 1.0, 1.5),
    pca("c", C, 1.0, 1.4),
    Case(
        "pca-stream", "streaming PCA 64 from disk, 200,000 × 768, memory ≤ 300 MB", "c", "streaming-pca",
        streaming_pca(300_000_000), ("IncrementalPCA",), (Check("captured", "higher", "IncrementalPCA", 1e-3),),
        Floor(200_000 * 768**2, size(C)), 10, 20, options={"components": 64}, in_memory=False),
    Case(
        "kernel-pca", "kernel PCA rbf 64, 10,000 × 784, eigenvalues to 1e-4", "b", "kernel-pca",
        # An eigenvalue's error is of the order of the residual's square.
        Stage("kernel-pca", {"components": 64, "kernel": {"rbf": {"gamma": GAMMA_B}},
                             "solver": {"iterative": {"tolerance": 1e-3}}}),
        ("arpack f32", "randomized f32", "arpack f64"),
        (Check("eigenvalues", "lower", 1e-4), Check("residual", "lower", 0.05)),
        Floor(10_000**2 * 784 + 4 * 2 * 10_000**2 * 80, size(B)), 4, 8,
        options={"components": 64, "gamma": GAMMA_B}, needs=("b-eigenvalues",)),
    kernel_subspace("kernel-pca-dual", {"dual": {"tolerance": 0.01}}, "its dual", 4),
    kernel_subspace("kernel-pca-randomized", {"randomized": {}}, "a randomised solver", 6),
    nystroem("nystroem", "Nyström features", "features", 512, {}),
    nystroem(
        "nystroem-components", "64 components of Nyström features", {"components": {"landmarks": 640}}, 640,
        {"components": 64, "centred": True}),
    Case(
        "random-features", "1,024 random features, rbf, 50,000 × 512", "a", "random-features",
        Stage("random-features", {"components": 1024, "kernel": {"rbf": {"gamma": GAMMA_A}}}), ("scikit-learn",),
        (Check("error", "lower", "scikit-learn", 0.05),),
        Floor(2 * 50_000 * 512 * 1024, size(A), 4 * 50_000 * 1024), 1.5, 3,
        options={"components": 1024, "gamma": GAMMA_A}),
    ica("ica", "sources", (50_000, 64), 64),
    ica("ica-wide", "sources-wide", (10_000, 784), 20),
    k_means("a", A, 100, 25, 1.2, 2),
    k_means("c", C, 1000, 20, 1.3, 3),
    mini_batch("a", A, 100, 2, 4),
    mini_batch("c", C, 1000, 2, 4),
    Case(
        "seeding", "k-means++ seeding k = 100, 50,000 × 512, and one iteration", "a", "seeding",
        Stage("k-means", {"clusters": 100, "starts": 1, "tolerance": 0, "iterations": 1}),
        ("scikit-learn",), (Check("inertia", "lower", "scikit-learn", 0.01),),
        Floor(2 * 50_000 * 512 * 100 * 7, 0), 10, 30, ("intelex",), {"clusters": 100},
        note="intelex draws one candidate for each centre, the others 2 + ln k"),
    Case(
        "gmm", "mixture of 10 Gaussians, full covariances, 20 iterations, 10,000 × 50", "b-50", "mixture",
        Stage("gmm", {"clusters": 10, "iterations": 20, "tolerance": 0}, seed=1),
        ("scikit-learn f64", "scikit-learn f32"), (Check("gain", "higher", "scikit-learn f64", 0.01),),
        Floor(20 * 2 * 10_000 * 10 * 50**2, 0), 8, 12, options={"clusters": 10, "iterations": 20},
        note="both from seeds that lead to the same mixture; about half of them do, ours and the peer's"),
    Case(
        "dbscan", "DBSCAN, 10,000 × 16", "b-16", "dbscan",
        Stage("dbscan", {"eps": {"fixed": {"distance": EPS_B}}, "minSamples": 10}), ("scikit-learn", "intelex"),
        same(("clusters", "noise", "rows"), "scikit-learn"), Floor(10_000**2 * 16, 0), 1, 2,
        options={"eps": EPS_B, "least": 10}),
    Case(
        "optics", "OPTICS with clusters by xi, 10,000 × 16", "b-16", "optics", Stage("optics"), ("scikit-learn",),
        same(("reach", "noise"), "scikit-learn", 1e-3), Floor(10_000**2 * 16, 0), 5, 20, options={"least": 5},
        note="distances by products, as the peer has them, tell equal ones apart by rounding"),
    logistic(1e-4, 0.01, 2, 5),
    logistic(1e-6, 2e-4, 4, 10),
    Case(
        "logistic-path", "multinomial logistic, the same for five strengths of the penalty", "a-standard",
        "logistic-path", Stage("logistic", {"tolerance": 1e-3}, along=STRENGTHS), ("scikit-learn",),
        tuple(Check(f"objective at {c:g}", "lower", "scikit-learn", 1e-3) for c in STRENGTHS), None, 5, 10,
        options={"strengths": STRENGTHS, "tolerance": 1e-4}, fit=40_000),
    Case(
        "ridge-path", "20 ridges, one for each penalty, 40,000 × 512, 100 classes", "a-standard", "ridge-path",
        Stage("ridge", along=tuple(PENALTIES)), ("RidgeClassifier",),
        (Check("objectives", "lower", "RidgeClassifier", 1e-4),),
        Floor(40_000 * 512**2 + 2 * 50_000 * 512 * 100 * 20, size(A)), 5, 15,
        options={"penalties": PENALTIES}, fit=40_000),
    Case(
        "ridge", "ridge over 20 penalties, 40,000 × 512, 100 classes", "a-standard", "ridge",
        Stage("ridge", {"penalties": PENALTIES}), ("RidgeClassifierCV", "RidgeClassifier for each"),
        (Check("penalty", "lower", "RidgeClassifierCV", 1e-6), Check("penalty", "higher", "RidgeClassifierCV", 1e-6),
         Check("objective", "lower", "RidgeClassifierCV", 1e-4),
         Check("accuracy", "higher", "RidgeClassifierCV", 0.002)),
        Floor(40_000 * 512**2 + 2 * 40_000 * 512 * 100 + 9 * 512**3, size((40_000, 512))), 5, 15,
        options={"penalties": PENALTIES, "best": 10}, fit=40_000),
    Case(
        "lda", "LDA with shrinkage, 40,000 × 512, 100 classes", "a-standard", "lda",
        Stage("lda-probe", {"shrinkage": {"fixed": {"amount": 0.01}}}), ("scikit-learn eigen", "scikit-learn lsqr"),
        (Check("accuracy", "higher", "scikit-learn eigen", 0.002),),
        Floor(40_000 * 512**2 + 512**3 / 3 + 2 * 50_000 * 512 * 100, size(A)), 5, 15, options={"shrinkage": 0.01},
        fit=40_000),
    Case(
        "svm", "linear SVM, 10,000 × 512, 100 classes, C = 0.01", "a-standard", "svm",
        Stage("linear-svm", {"c": 0.01}), ("scikit-learn dual", "scikit-learn primal"),
        (Check("objective", "lower", "scikit-learn dual", 1e-3),
         Check("accuracy", "higher", "scikit-learn dual", 0.005)),
        None, 5, 20, options={"c": 0.01, "tolerance": 1e-3}, fit=10_000),
    Case(
        "standardize", "standardise 50,000 × 512", "a", "standardize", Stage("standardize"), ("scikit-learn",),
        (Check("mean", "lower", 1e-4), Check("deviation", "lower", 1e-4)),
        Floor(0, 2 * size(A), size(A)), 5, 15),
    Case(
        "neighbors", "cosine neighbours k = 20, 10,000 queries × 40,000 rows × 512", "a-standard", "neighbors",
        Neighbors(20, "cosine"), ("faiss L2", "faiss IP", "intelex"), (Check("recall", "higher", 0.9999),),
        Floor(2 * 10_000 * 40_000 * 512, size(A)), 1.1, 1.5, options={"k": 20}, fit=40_000),
    Case(
        "whiten", "whitening 50,000 × 512, fit and apply", "a", "whiten", Stage("whiten", {"ridge": 1e-6}),
        ("numpy f32", "numpy f64"), (Check("identity", "lower", 2e-3), Check("symmetry", "lower", 1e-4)),
        Floor(50_000 * 512**2 + 9 * 512**3 + 2 * 50_000 * 512**2, 2 * size(A), size(A)), 1.5, 2.5,
        options={"ridge": 1e-6}),
    Case(
        "load", "load 50,000 × 512, warm, contiguous", "a", "load", Stage("load-hdf5", {"file": "{data}"}),
        ("h5py",), (Check("difference", "lower", 0),), Floor(0, size(A), size(A)), 1.3, 2.5, in_memory=False),
    Case(
        "load-gzip", "load 50,000 × 512, warm, gzip-4 with shuffle", "a-gzip", "load",
        Stage("load-hdf5", {"file": "{data}"}), ("h5py",), (Check("difference", "lower", 0),), None, 1.6, 1.9,
        in_memory=False),
    Case(
        "agglomerative", "Ward's hierarchy of 5,000 × 784, ten clusters", "b-part", "hierarchy",
        Stage("agglomerative", {"clusters": 10}), ("scikit-learn",),
        (Check("heights", "lower", 1e-5), Check("agreement", "higher", 1)),
        Floor(5_000**2 * 784, size((5_000, 784)), 2 * 4 * 5_000**2), 2, 10, options={"clusters": 10},
        note="the limit: the products of all pairs"),
    Case(
        "silhouette", "silhouette of 10,000 × 512 in 100 clusters", "a-part", "silhouette", Stage("silhouette"),
        ("scikit-learn",), (Check("difference", "lower", 1e-6),), Floor(10_000**2 * 512, size((10_000, 512))), 5, 8,
        note="the limit: the products of all pairs, in single precision"),
    of_representations("vendi", "Vendi score", {}, "vendi", ("numpy f32", "numpy f64"), 1, 1.3, False),
    of_representations("rank-me", "RankMe", {}, "rank-me", ("numpy f32", "numpy f64"), 1, 5, False),
    of_representations("cka", "linear CKA", {}, "cka", ("numpy f32", "numpy f64"), 1, 1.3, True),
    of_representations("svcca", "SVCCA, 99 % of the variance", {}, "svcca", ("numpy Gram", "numpy SVD"), 1, 1.3, True),
    Case(
        "lof", "local outlier factor k = 20, 20,000 × 50", "narrow", "lof", Stage("lof", {"k": 20}),
        ("scikit-learn",), (Check("difference", "lower", 1e-4),), Floor(20_000**2 * 50, size((20_000, 50))), 3, 5,
        options={"k": 20}, note="the limit: the products of all pairs"),
    grid("grid", "a fit for each number of components", "a fit for each number", 15, 40),
    grid("grid-once", "one fit for all numbers, cut", "fitted once and cut", 4, 10),
    out_of_core("out-of-core", "against reading it three times: for its digest, to fit, to apply", 3),
    out_of_core("out-of-core-known", "its digest known, against reading it twice: to fit, to apply", 2),
]
