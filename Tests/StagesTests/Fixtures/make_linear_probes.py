"""Writes what scikit-learn gives for ridge, linear discriminant analysis and linear support vector machines.

Every fifth row, from row 4, is held out. Features are rounded to float32 first, as the stages read them. "wide" is
every 40th row of digits: fewer fit rows than columns.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn import datasets
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV
from sklearn.svm import LinearSVC

FOLDER = Path(__file__).parent
PENALTIES = [0.01, 0.3, 10.0, 300.0, 10000.0]


def load(name):
    data = getattr(datasets, f"load_{'digits' if name == 'wide' else name}")()
    step = 40 if name == "wide" else 1
    return data.data[::step].astype(np.float32).astype(float), data.target[::step]


def standardized(x):
    scale = x.std(axis=0)
    return ((x - x.mean(axis=0)) / np.where(scale == 0, 1, scale)).astype(np.float32).astype(float)


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in np.ravel(values)]


def write(folder, name, value):
    (FOLDER / folder).mkdir(exist_ok=True)
    (FOLDER / folder / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")


def weights(model):
    found = np.column_stack([np.atleast_2d(model.coef_), model.intercept_])
    return np.vstack([-found, found]) if len(found) == 1 else found


def ridge(x, y, out):
    model = RidgeClassifier(alpha=2.5, solver="svd").fit(x[~out], y[~out])
    chosen = RidgeClassifierCV(alphas=PENALTIES, store_cv_results=True).fit(x[~out], y[~out])
    errors = chosen.cv_results_.reshape(-1, len(PENALTIES)).mean(axis=0)
    assert chosen.alpha_ == PENALTIES[int(np.argmin(errors))]
    return {
        "weights": rounded(weights(model)[:, [0, 1, 2, -1]]),
        "predictions": model.predict(x[out]).tolist(),
        "penalty": chosen.alpha_,
        "errors": rounded(errors),
        "chosenWeights": rounded(weights(chosen)[:, [0, 1, 2, -1]]),
        "chosenPredictions": chosen.predict(x[out]).tolist(),
    }


def discriminant(x, y, out, shrinkage):
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(x[~out], y[~out])
    values = model.decision_function(x[out])
    if values.ndim == 2:
        values = values - values.mean(axis=1, keepdims=True)
    return {"values": rounded(values[:12], 8), "predictions": model.predict(x[out]).tolist()}


def objective(w, x, margins, c, power):
    return 0.5 * w @ w + c * np.sum(np.maximum(0, 1 - margins * (x @ w)) ** power)


def machine(x, y, out, c, loss):
    """The least objective, the sum over one-vs-rest problems; of two classes there is one problem."""
    fit = np.column_stack([x[~out], np.ones((~out).sum())])
    classes = np.unique(y)
    power = 2 if loss == "squared_hinge" else 1
    model = LinearSVC(C=c, loss=loss, dual=power == 1, tol=1e-9, max_iter=1000000).fit(x[~out], y[~out])
    total = 0.0
    for place, w in enumerate(np.column_stack([np.atleast_2d(model.coef_), model.intercept_])):
        signs = np.where(y[~out] == classes[place if len(classes) > 2 else 1], 1, -1)
        best = objective(w, fit, signs, c, power)
        if power == 2:
            gradient = lambda w: w - 2 * c * fit.T @ (signs * np.maximum(0, 1 - signs * (fit @ w)))
            found = minimize(objective, w, (fit, signs, c, 2), jac=lambda w, *_: gradient(w), tol=1e-14)
            best = min(best, found.fun)
        total += best
    return {"loss": total, "predictions": model.predict(x[out]).tolist()}


def main():
    warnings.simplefilter("ignore")
    for name in ["iris", "wine", "breast_cancer", "digits", "wide"]:
        x, y = load(name)
        out = np.arange(len(x)) % 5 == 4
        write("ridge", name, ridge(x, y, out))
        write(
            "lda-probe",
            name,
            {"auto": discriminant(x, y, out, "auto"), "fixed": discriminant(x, y, out, 0.1)},
        )
        if name == "wide":
            continue
        z = standardized(x)
        found = {
            "squared": machine(z, y, out, 0.5, "squared_hinge"),
            "weak": machine(z, y, out, 20, "squared_hinge"),
            "hinge": machine(z, y, out, 0.05, "hinge"),
        }
        print(name, {key: value["loss"] for key, value in found.items()})
        write("linear-svm", name, found)


main()
