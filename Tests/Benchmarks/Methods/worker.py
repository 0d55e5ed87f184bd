"""One peer, or the judge of our results, of one case in a process of its own: worker.py CASE PEER DATA

Answers each line of standard input, a JSON object, with one line of JSON: `run` runs the peer once, `judge` tells
how good its result is, or that of the arrays in a folder.
"""
import functools
import gc
import json
import os
import sys
import time
import traceback
from pathlib import Path

import h5py
import numpy as np

sys.dont_write_bytecode = True

import cases  # noqa: E402
import data as sets  # noqa: E402
import peers  # noqa: E402
import quality  # noqa: E402


class Data:
    """The data of a case; what is not asked for is not read."""

    def __init__(self, case: cases.Case, folder: Path):
        self.case, self.path = case, folder / f"{case.data}.h5"

    @functools.cached_property
    def features(self):
        with h5py.File(self.path) as file:
            return file["features"][:]

    @functools.cached_property
    def other(self):
        """Other features of the same rows."""
        with h5py.File(self.path) as file:
            return file["other"][:]

    @functools.cached_property
    def labels(self):
        with h5py.File(self.path) as file:
            return file["labels"][:]

    @property
    def fitted(self):
        return self.features[:self.case.fit]

    @property
    def fitted_labels(self):
        return self.labels[:self.case.fit]

    def unit_rows(self):
        """Fit rows and the others, all of length 1."""
        rows = self.features / np.linalg.norm(self.features, axis=1, keepdims=True)
        return rows[:self.case.fit], rows[self.case.fit:]


def memory(name: str) -> int:
    """Bytes of this process by their name in Linux's status."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


class Worker:
    def __init__(self, name: str, peer: str, folder: str):
        self.case = next(case for case in cases.CASES if case.name == name)
        self.data = Data(self.case, Path(folder))
        if self.case.in_memory:
            self.data.features
            if self.case.paired:
                self.data.other
        self.work = None
        if peer != "judge":
            self.work = peers.PEERS[self.case.method][peer](self.data, self.case.options)
        self.outputs = None

    def run(self, request):
        self.outputs = None
        gc.collect()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before, busy, start = memory("VmRSS:"), time.process_time(), time.perf_counter()
        self.outputs = self.work()
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        return {"seconds": seconds, "busy": busy, "before": before, "peak": memory("VmHWM:")}

    def judge(self, request):
        outputs = self.outputs
        if "folder" in request:
            outputs = {
                name: np.fromfile(Path(request["folder"]) / name, array["type"]).reshape(array["shape"])
                for name, array in request["saved"].items()
            }
        found = quality.QUALITY[self.case.method](self.data, self.case.options, outputs)
        return {"quality": {name: float(value) for name, value in found.items()}}


def main():
    # Libraries that print must not disturb the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if worker is None:
                worker = Worker(*sys.argv[1:])
            answer = getattr(worker, request["do"])(request)
        except Exception:
            answer = {"error": traceback.format_exc(limit=4)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
