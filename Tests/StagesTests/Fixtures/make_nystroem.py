"""Writes what scikit-learn's Nystroem gives for each kernel, and kernel PCA of the kernel that it approximates.

Every fifth row, from row 4, is held out; columns are standardised over all rows; of digits every fourth row is taken.
The landmarks are those that scikit-learn drew, counted among the fit rows. For the components of the linear kernel the
fit rows' mean is subtracted first, as the stage does.
"""

import json
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.decomposition import KernelPCA
from sklearn.kernel_approximation import Nystroem

FOLDER = Path(__file__).parent / "nystroem"
LANDMARKS = 12
KERNELS = {
    "linear": {"kernel": "linear"},
    "rbf": {"kernel": "rbf"},
    "polynomial": {"kernel": "poly", "degree": 3, "coef0": 1},
    "laplacian": {"kernel": "laplacian"},
    "cosine": {"kernel": "cosine"},
}


def load(name):
    x = getattr(datasets, f"load_{name}")().data.astype(np.float32).astype(float)
    scale = x.std(axis=0)
    x = ((x - x.mean(axis=0)) / np.where(scale == 0, 1, scale)).astype(np.float32).astype(float)
    return x[::4] if name == "digits" else x


def rounded(values, digits=7):
    return [float(f"{value:.{digits}g}") for value in np.ravel(values)]


def case(x, parameters):
    out = np.arange(len(x)) % 5 == 4
    if parameters["kernel"] not in ("linear", "cosine"):
        parameters = {**parameters, "gamma": 1 / x.shape[1]}
    model = Nystroem(n_components=LANDMARKS, random_state=0, **parameters).fit(x[~out])
    found = {
        "landmarks": model.component_indices_.tolist(),
        "heldOut": rounded(model.transform(x[out][:6])),
    }
    if parameters["kernel"] == "linear":
        x = x - x[~out].mean(axis=0)
        model = Nystroem(n_components=LANDMARKS, random_state=0, **parameters).fit(x[~out])
        assert model.component_indices_.tolist() == found["landmarks"]
    fit, rest = model.transform(x[~out]), model.transform(x[out][:6])
    components = KernelPCA(3, kernel="precomputed", eigen_solver="dense").fit(fit @ fit.T)
    found["values"] = rounded(components.eigenvalues_, 9)
    found["scores"] = rounded(components.transform(rest @ fit.T))
    found["total"] = float(((fit - fit.mean(axis=0)) ** 2).sum())
    return found


def main():
    FOLDER.mkdir(exist_ok=True)
    for name in ["iris", "wine", "breast_cancer", "digits"]:
        x = load(name)
        found = {kernel: case(x, parameters) for kernel, parameters in KERNELS.items()}
        (FOLDER / f"{name}.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


main()
