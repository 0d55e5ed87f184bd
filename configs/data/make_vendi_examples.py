"""Writes `vendi-examples.h5`: the examples by which the authors of the Vendi score explain it, as feature tables."""

import re
from collections import Counter
from pathlib import Path

import h5py
import numpy as np

SENTENCES = ["Look, Jane.", "See Spot.", "See Spot run.", "Run, Spot, run.", "Jane sees Spot run."]


def counts(sentences, length):
    """How often each run of so many words occurs; rows have length 1. Points and commas are words, and capitals count."""
    words = [re.findall(r"\w+|[^\w\s]", sentence) for sentence in sentences]
    runs = [Counter(zip(*(line[start:] for start in range(length)))) for line in words]
    names = sorted(set().union(*runs))
    table = np.array([[line[name] for name in names] for line in runs], dtype=float)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def main():
    tables = {
        "points": np.array([[0], [0], [10], [10], [20], [20]]),
        # Their products are 1, 0.9 and 0.
        "vectors": np.array([[1, 0, 0], [0.9, np.sqrt(0.19), 0], [0, 0, 1]]),
        # The cosine of two rows is the mean of those of their single words and of their pairs of words.
        "sentences": np.hstack([counts(SENTENCES, 1), counts(SENTENCES, 2)]),
    }
    with h5py.File(Path(__file__).parent / "vendi-examples.h5", "w", track_order=False) as file:
        file.attrs["source"] = "examples of the README of vertaix/Vendi-Score, made by make_vendi_examples.py"
        file.attrs["licence"] = "facts; no rights claimed"
        for name, table in tables.items():
            file.create_dataset(name, data=table.astype("f4"), track_times=False)
    for name, table in tables.items():
        similarities = table @ table.T / (2 if name == "sentences" else 1)
        values = np.linalg.eigvalsh(similarities / len(table))
        values = values[values > 1e-12]
        print(name, np.exp(-np.sum(values * np.log(values))))


if __name__ == "__main__":
    main()
