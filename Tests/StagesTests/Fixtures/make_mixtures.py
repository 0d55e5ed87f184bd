"""Writes what scikit-learn's GaussianMixture gives from the same start: the clusters of a wrong guess of the classes.

Every third row begins in the cluster after its class. Features are rounded to float32 first, as the stages read them;
wine and breast cancer are standardised, and digits are the first half of the columns.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.mixture import GaussianMixture

FOLDER = Path(__file__).parent
#: Components and regularisation.
SETTINGS = {"iris": (3, 1e-6), "wine": (3, 1e-6), "breast_cancer": (2, 1e-3), "digits": (10, 0.1)}
FORMS = {"full": "full", "tied": "tied", "diagonal": "diag", "spherical": "spherical"}


def table(name):
    data = getattr(datasets, f"load_{name}")()
    x = data.data.astype(np.float32).astype(float)
    if name in ("wine", "breast_cancer"):
        x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32).astype(float)
    return x, data.target


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in np.ravel(values)]


def start(x, clusters, components, form, regularization):
    """Weights, means and precisions of rows that are in one component each."""
    members = [x[clusters == component] for component in range(components)]
    weights = np.array([len(rows) for rows in members]) / len(x)
    means = np.array([rows.mean(0) for rows in members])
    identity = regularization * np.eye(x.shape[1])
    covariances = np.array([np.cov(rows.T, bias=True) + identity for rows in members])
    if form == "full":
        precisions = np.linalg.inv(covariances)
    elif form == "tied":
        precisions = np.linalg.inv((covariances * weights[:, None, None]).sum(0))
    elif form == "diag":
        precisions = 1 / np.array([np.diag(covariance) for covariance in covariances])
    else:
        precisions = 1 / np.array([np.diag(covariance).mean() for covariance in covariances])
    return weights, means, precisions


def fit(x, clusters, components, regularization, form, tolerance):
    weights, means, precisions = start(x, clusters, components, form, regularization)
    model = GaussianMixture(
        components, covariance_type=form, reg_covar=regularization, tol=tolerance, max_iter=100,
        weights_init=weights, means_init=means, precisions_init=precisions).fit(x)
    return {
        "tolerance": tolerance, "bound": model.lower_bound_, "iterations": model.n_iter_,
        "converged": bool(model.converged_), "weights": rounded(model.weights_), "means": rounded(model.means_),
        "covariances": rounded(model.covariances_)[:400], "score": model.score(x), "bic": model.bic(x),
        "aic": model.aic(x), "clusters": model.predict(x).tolist(), "shares": rounded(model.predict_proba(x)[::20]),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    (FOLDER / "gmm").mkdir(exist_ok=True)
    for name, (components, regularization) in SETTINGS.items():
        x, y = table(name)
        if name == "digits":
            x = x[:, :32]
        clusters = np.where(np.arange(len(x)) % 3 == 0, (y + 1) % components, y)
        cases = {"components": components, "regularization": regularization}
        for ours, form in FORMS.items():
            cases[ours] = fit(x, clusters, components, regularization, form, 1e-3 if name == "digits" else 1e-6)
        text = json.dumps(cases, separators=(",", ":"))
        (FOLDER / "gmm" / f"{name}.json").write_text(text + "\n")
        print(name, {form: (cases[form]["iterations"], cases[form]["converged"], cases[form]["bound"]) for form in FORMS})
