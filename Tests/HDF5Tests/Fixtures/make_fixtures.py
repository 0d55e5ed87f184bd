"""Writes the files of this folder with h5py (3.16, HDF5 2.0): what users have, which HDF5Writer cannot make."""
import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
matrix = (np.arange(12, dtype="f4").reshape(4, 3) - 5) / 2


def create(name, **options):
    return h5py.File(os.path.join(here, name), "w", track_order=False, **options)


with create("types.h5") as file:
    file["f4"] = matrix
    for name in ["f2", ">f2", ">f4", "f8", ">f8", "i1", "i2", ">i2", "i4", "i8", ">i8"]:
        file["big-" + name[1:] if name[0] == ">" else name] = matrix.astype(name)
    for name in ["u1", "u2", "u4", "u8", ">u4"]:
        file["big-" + name[1:] if name[0] == ">" else name] = np.abs(matrix).astype(name)
    file["bool"] = matrix > 0
    file["longdouble"] = matrix.astype(np.longdouble)
    colour = h5py.enum_dtype({"red": 3, "green": -1}, basetype="i2")
    file.create_dataset("enum", data=np.array([[3, -1], [-1, 3]], dtype="i2"), dtype=colour)
    file["complex"] = matrix.astype("c8")
    file["compound"] = np.zeros(4, dtype=[("x", "f4"), ("name", "S4")])
    file["array"] = np.zeros(4, dtype=np.dtype(("f4", (3,)))).reshape(4, 3)
    file.create_dataset("array-type", (4,), dtype=np.dtype([("a", "f4", (3,))])["a"])
    file["opaque"] = np.array([b"ab", b"cd"], dtype="V2")
    file.create_dataset("lists", (2,), dtype=h5py.vlen_dtype("i4"))
    file.create_dataset("reference", data=np.array([file["f4"].ref], dtype=h5py.ref_dtype))
    file["rank-1"] = matrix[:, 0]
    file["rank-3"] = matrix.reshape(2, 2, 3)
    file["scalar"] = np.float32(3)
    file["null"] = h5py.Empty("f4")
    file["no-rows"] = np.zeros((0, 3), dtype="f4")
    file["huge"] = np.array([[1e300, -1e300, 0.1]])

with create("storage.h5") as file:
    rows = np.arange(40 * 6, dtype="f4").reshape(40, 6)
    gzip = dict(chunks=(16, 4), compression="gzip", shuffle=True)
    file.create_dataset("gzip-u1", data=rows.astype("u1"), **gzip)
    file.create_dataset("gzip-f4", data=rows, fletcher32=True, **gzip)
    file.create_dataset("lzf-f4", data=rows, chunks=(16, 6), compression="lzf", shuffle=True)
    file.create_dataset("growing", data=rows, maxshape=(None, 6), chunks=(7, 6))
    file.create_dataset("never-written", (40, 6), dtype="f4", fillvalue=2.5)

with create("elsewhere.h5") as file:
    noise = np.random.default_rng(1).random((40, 6))
    file.create_dataset("lzf-noise", data=noise, chunks=(16, 6), compression="lzf")
    file.create_dataset("unusual", data=matrix.astype(np.longdouble), chunks=(2, 3))
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(matrix.shape)
    h5py.h5d.create(file.id, b"compact", h5py.h5t.NATIVE_FLOAT, space, compact).write(
        h5py.h5s.ALL, h5py.h5s.ALL, matrix)
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("types.h5", "f4", (4, 3))
    file.create_virtual_dataset("virtual", layout)
    file.create_dataset("external", (4, 3), dtype="f4", external=[("raw.bin", 0, 48)])
    unknown = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    unknown.set_chunk((4, 3))
    unknown.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
    h5py.h5d.create(file.id, b"zstd", h5py.h5t.NATIVE_FLOAT, space, unknown)

with create("labels.h5") as file:
    file["int"] = np.array([3, 1, 2, 1], dtype="i8")
    file["column"] = np.array([[3], [1], [2]], dtype="u1")
    file["big"] = np.array([3, -1, 2], dtype=">i4")
    file["bool"] = np.array([True, False, True])
    file["whole"] = np.array([3.0, -1.0], dtype="f4")
    file["fraction"] = np.array([3.0, 0.5], dtype="f8")
    file["large"] = np.array([1, 2**63], dtype="u8")
    file["variable"] = ["cat", "", "Käfer", "dog"]
    file["fixed"] = np.array([b"cat", b"", b"dog!"], dtype="S4")
    file.create_dataset("fixed-utf8", data=np.array(["Käfer".encode(), b"x"], h5py.string_dtype("utf-8", 8)))
    file.create_dataset("variable-gzip", data=["a", "bb"] * 20, chunks=(8,), compression="gzip")
    file["latin-1"] = np.array([b"ok", b"K\xe4fer"], dtype="S5")
    padded = h5py.h5t.C_S1.copy()
    padded.set_size(6)
    padded.set_strpad(h5py.h5t.STR_SPACEPAD)
    space = h5py.h5s.create_simple((2,))
    h5py.h5d.create(file.id, b"padded", padded, space).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"cat   ", b"mouse "], dtype="S6"), padded)

with create("latest.h5", libver="latest") as file:
    file.create_dataset("train/features", data=matrix, chunks=(2, 3), maxshape=(None, 3))
    file.create_dataset("train/single", data=matrix, chunks=(4, 3))
    file["train/labels"] = ["a", "b", "a", "b"]

with create("links.h5") as file:
    file["data/x"] = matrix
    file["data/again"] = file["data/x"]
    file["soft"] = h5py.SoftLink("/data/x")
    file["dangling"] = h5py.SoftLink("/gone")
    file["one"] = h5py.SoftLink("/two")
    file["two"] = h5py.SoftLink("/one")
    file["outside"] = h5py.ExternalLink("types.h5", "/f4")
    file["data/circle"] = file["/"]
    file.attrs["source"] = "DINOv2"
    file.attrs["scale"] = np.float32(0.5)
    file.attrs["mean"] = np.arange(20, dtype="i4")
    file.attrs["checked"] = True
    file["data/x"].attrs["names"] = ["a", "b", "c"]
    file["data/x"].attrs["fixed"] = np.bytes_("metre")
    file["data/x"].attrs["nothing"] = h5py.Empty("f4")

with create("small.h5") as file:
    file.create_dataset("x", data=matrix, chunks=(2, 3), compression="gzip", shuffle=True)
    file["y"] = ["a", "b", "a", "b"]
    file["n"] = np.arange(4)
    file["g/z"] = matrix.astype("f8")
    file.attrs["source"] = np.bytes_("test")

with create("hostile.h5") as file:
    file.create_dataset("chunks", (2**60, 512), dtype="f4", chunks=(1024, 512))
    file.create_dataset("contiguous", (2**40, 512), dtype="f4")
    file.create_dataset("column", (2**60, 1), dtype="i1", chunks=(1024, 1))
    file.create_dataset("labels", (2**50,), dtype=h5py.string_dtype(), chunks=(1024,))
    file.create_dataset("wide", (1, 2**50), dtype="f8", chunks=(1, 1024))
    file.create_dataset("tall", (2**60, 0), dtype="f8", maxshape=(None, None), chunks=(1, 1024))
