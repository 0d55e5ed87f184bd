"""Writes the folds of scikit-learn's splitters that are not shuffled, on rows in a seeded random order."""

import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold, StratifiedKFold, StratifiedShuffleSplit

FOLDER = Path(__file__).parent


def folds(splitter, labels):
    held_out_in = np.full(len(labels), -1)
    for fold, (_, held_out) in enumerate(splitter.split(labels, labels)):
        held_out_in[held_out] = fold
    return held_out_in.tolist()


def main():
    order = np.random.default_rng(3).permutation(178)
    labels = load_wine().target[order]
    holdouts = []
    for test in [0.1, 0.2, 0.25, 0.35, 0.5]:
        for sizes in [[50, 50, 50], [59, 71, 48], [100, 30, 7, 4], [2, 90]]:
            if int(np.ceil(test * sum(sizes))) < len(sizes):
                continue
            classes = np.repeat(np.arange(len(sizes)), sizes)
            splitter = StratifiedShuffleSplit(1, test_size=test, random_state=0)
            _, held_out = next(splitter.split(classes, classes))
            counts = np.bincount(classes[held_out], minlength=len(sizes)).tolist()
            holdouts.append({"test": test, "sizes": sizes, "counts": counts})
    result = {
        "labels": labels.tolist(),
        "stratified": folds(StratifiedKFold(5), labels),
        "plain": folds(KFold(7), labels),
        "holdout": holdouts,
    }
    (FOLDER / "splits.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")


main()
