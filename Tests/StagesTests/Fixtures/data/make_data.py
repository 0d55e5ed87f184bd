"""Writes scikit-learn's small data sets beside this script, one line a row, the class last.

digits.base17 has one character a value (0-9, a-g), the others are comma-separated.
"""

from pathlib import Path

from sklearn import datasets

FOLDER = Path(__file__).parent


def main():
    for name in ["iris", "wine", "breast_cancer"]:
        data = getattr(datasets, f"load_{name}")()
        lines = [
            ",".join([f"{value:.7g}" for value in row] + [str(label)])
            for row, label in zip(data.data, data.target)
        ]
        (FOLDER / f"{name}.csv").write_text("\n".join(lines) + "\n")
    data = datasets.load_digits()
    lines = [
        "".join("0123456789abcdefg"[int(value)] for value in row) + f",{label}"
        for row, label in zip(data.data, data.target)
    ]
    (FOLDER / "digits.base17").write_text("\n".join(lines) + "\n")


main()
