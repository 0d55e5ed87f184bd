"""Makes h5py.h5 beside this file: every tenth row of iris, stored in the ways that h5py users store things.

Run: python make_files.py. The fixed creation order and the lack of times make the file the same on every run.
"""

from pathlib import Path

import h5py
import numpy as np
from sklearn.datasets import load_iris

data = load_iris()
x, y = data.data[::10], data.target[::10]
with h5py.File(Path(__file__).with_name("h5py.h5"), "w", libver="earliest") as file:
    file.create_dataset("features", data=x, chunks=(4, 4), compression="gzip", shuffle=True)
    file.create_dataset("copies/float32", data=x.astype("<f4"))
    file.create_dataset("copies/big-endian", data=x.astype(">f4"))
    file.create_dataset("copies/float16", data=x.astype("<f2"))
    file.create_dataset("copies/tenths", data=np.round(x * 10).astype("<i2"), compression="lzf")
    file.create_dataset("labels", data=y)
    file.create_dataset("names", data=[str(data.target_names[label]) for label in y])
    file.create_dataset("fixed-names", data=data.target_names[y].astype("S10"))
    file.create_dataset("is-test", data=np.arange(len(x)) % 5 == 4)
    file.create_dataset("fold", data=(np.arange(len(x)) % 3 + 1).astype("u1"))
    file.create_dataset("subject", data=(np.arange(len(x)) // 2).astype("i8").reshape(-1, 1))
