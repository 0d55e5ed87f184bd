"""Writes `digits-activations.h5`: what the layers of two small networks say of held-out digits while they learn.

Two networks of 64, 32, 32 and 10 units (ReLU, softmax), which differ in their seed alone, learn 1,297 of the digits of
`digits.h5` by momentum; the activations of their three layers on the other 500 are kept after some epochs.
"""

from pathlib import Path

import h5py
import numpy as np

FOLDER = Path(__file__).parent
EPOCHS = [0, 1, 3, 10, 60]
WIDTHS = [64, 32, 32, 10]


def layers(x, weights):
    found = []
    for number, (w, b) in enumerate(weights):
        x = x @ w + b
        if number < 2:
            x = np.maximum(x, 0)
        found.append(x)
    return found


def step(x, y, weights, speeds, rate):
    found = layers(x, weights)
    shares = np.exp(found[2] - found[2].max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    shares[np.arange(len(y)), y] -= 1
    delta = shares / len(y)
    for number in (2, 1, 0):
        w, b = weights[number]
        below = found[number - 1] if number else x
        slopes = below.T @ delta, delta.sum(0)
        delta = (delta @ w.T) * (below > 0)
        for value, speed, slope in zip((w, b), speeds[number], slopes):
            speed *= 0.9
            speed -= rate * slope
            value += speed


def train(seed, x, y, shown):
    random = np.random.default_rng(seed)
    weights = [
        (random.normal(0, np.sqrt(2 / m), (m, n)), np.zeros(n)) for m, n in zip(WIDTHS, WIDTHS[1:])
    ]
    speeds = [(np.zeros_like(w), np.zeros_like(b)) for w, b in weights]
    for epoch in range(EPOCHS[-1] + 1):
        if epoch in EPOCHS:
            yield epoch, layers(shown, weights)
        order = random.permutation(len(x))
        for start in range(0, len(x), 64):
            rows = order[start : start + 64]
            step(x[rows], y[rows], weights, speeds, 0.02)


def main():
    with h5py.File(FOLDER / "digits.h5") as file:
        x, y = file["features"][:] / 16.0, file["labels"][:]
    held = np.arange(len(x)) % 18 < 5
    held &= np.cumsum(held) <= 500
    with h5py.File(FOLDER / "digits-activations.h5", "w") as file:
        file.attrs["source"] = "networks trained on digits.h5 by make_digits_activations.py"
        file.attrs["licence"] = "CC BY 4.0, as digits.h5"
        file.create_dataset("labels", data=y[held].astype("i4"), track_times=False)
        for seed in (0, 1):
            for number, (epoch, found) in enumerate(train(seed, x[~held], y[~held], x[held])):
                for layer, values in enumerate(found, 1):
                    file.create_dataset(
                        f"seed{seed}/epoch{epoch}/layer{layer}", data=values.astype("f2"),
                        compression="gzip", compression_opts=9, shuffle=True, track_times=False)
                print(seed, epoch, (found[2].argmax(1) == y[held]).mean())


if __name__ == "__main__":
    main()
