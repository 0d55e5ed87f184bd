"""Writes `digits-views.h5`: ten views of each of 500 digits, moved by up to a pixel and with noise.

`groups` tells which rows are views of one digit, `split` which are held out.
"""

from pathlib import Path

import h5py
import numpy as np

FOLDER = Path(__file__).parent
VIEWS = 10


def main():
    random = np.random.default_rng(0)
    with h5py.File(FOLDER / "digits.h5") as file:
        images, labels = file["features"][:500].reshape(-1, 8, 8).astype(float), file["labels"][:500]
    rows = []
    for image in images:
        padded = np.pad(image, 1)
        for _ in range(VIEWS):
            down, right = random.integers(0, 3, 2)
            moved = padded[down : down + 8, right : right + 8]
            rows.append(np.clip(np.round(moved + random.normal(0, 1, (8, 8))), 0, 16).ravel())
    table = np.array(rows, dtype=np.uint8)
    with h5py.File(FOLDER / "digits-views.h5", "w") as file:
        file.attrs["source"] = "views of the first 500 rows of digits.h5 by make_digits_views.py"
        file.attrs["licence"] = "CC BY 4.0, as digits.h5"
        options = dict(compression="gzip", compression_opts=9, shuffle=True, track_times=False)
        file.create_dataset("features", data=table, **options)
        file.create_dataset("labels", data=np.repeat(labels, VIEWS).astype("i4"), **options)
        # Views of one digit stay together: those of the last hundred are held out.
        file.create_dataset("split", data=np.repeat(np.arange(500) >= 400, VIEWS).astype("u1"), **options)
        file.create_dataset("groups", data=np.repeat(np.arange(500), VIEWS).astype("i4"), **options)


if __name__ == "__main__":
    main()
