"""Writes iris.h5 beside this script from the copy that scikit-learn bundles."""

from pathlib import Path

import h5py
import numpy as np
from sklearn.datasets import load_iris

data = load_iris()
with h5py.File(Path(__file__).with_name("iris.h5"), "w") as file:
    file.attrs["source"] = "UCI Iris (Fisher 1936), as bundled with scikit-learn: rows 35 and 38 as Fisher printed them"
    file.attrs["citation"] = "R. A. Fisher. Iris. UCI Machine Learning Repository, 1936. doi:10.24432/C56C76"
    file.attrs["licence"] = "CC BY 4.0"
    file.attrs["task"] = "3 classes, 50 rows each; lengths and widths of sepals and petals in cm"
    file.create_dataset("features", data=data.data.astype(np.float32))
    file.create_dataset("labels", data=data.target.astype(np.int32))
