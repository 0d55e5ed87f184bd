"""Writes what Pillow makes of some of scikit-learn's digits, with the values spread over 0 to 255."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn import datasets

images = np.minimum(datasets.load_digits().data[:6] * 16, 255).astype(np.uint8)
filters = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
cases = [
    {
        "filter": name,
        "side": side,
        "width": width,
        "bytes": kind == "bytes",
        "images": [
            np.asarray(
                Image.fromarray(
                    image.reshape(-1, width) if kind == "bytes" else image.reshape(-1, width).astype("f4")
                ).resize((side, side), chosen)
            )
            .ravel()
            .astype(float)
            .round(5)
            .tolist()
            for image in images
        ],
    }
    for name, chosen in filters.items()
    for side, width in [(11, 8), (5, 8), (9, 4)]
    for kind in ["bytes", "floats"]
    # Where images get lower, but not narrower, Pillow goes along columns first, which rounds otherwise.
    if kind == "floats" or width == 8
]
target = Path(__file__).parent / "resize-images" / "pillow.json"
target.parent.mkdir(exist_ok=True)
target.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
