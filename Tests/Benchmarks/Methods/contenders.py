"""Those who run: our tool, a peer in a worker, our command; each gives samples and tells how good its result is."""
import csv
import json
import os
import select
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cases import Case, Neighbors, Run, Stage
from lab import Lab

HERE = Path(__file__).resolve().parent
#: Seconds that an answer may take.
PATIENCE = 1800


class Failure(Exception):
    """A contender cannot do what is asked."""


@dataclass
class Sample:
    """Seconds on the clock and of the processors (where those are known), and bytes: the most held, held before."""
    seconds: float
    busy: float
    peak: int
    before: int = 0


class Process:
    """A process that answers lines of JSON."""

    def __init__(self, lab: Lab, command: list, threads: int = 2):
        names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
        environment = lab.environment | {name: str(threads) for name in names} | {"PYTHONWARNINGS": "ignore"}
        self.process = subprocess.Popen(
            [str(word) for word in command], cwd=lab.work, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, **request) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise Failure(f"no answer in {PATIENCE} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"ended with {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failure(answer["error"].strip())
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def forget(path: Path):
    """Takes a file out of the page cache."""
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


class Peer:
    """A peer of a case in a worker, or the judge."""

    def __init__(self, lab: Lab, case: Case, name: str):
        self.lab, self.case, self.name = lab, case, name
        self.process = None if case.programs else self.start()

    def start(self) -> Process:
        folder = self.lab.folder("data")
        command = [self.lab.peers / "bin/python", HERE / "worker.py", self.case.name, self.name, folder]
        return Process(self.lab, command, self.case.threads)

    def sample(self) -> Sample:
        if self.case.cold:
            forget(self.lab.folder("data") / f"{self.case.data}.h5")
        if not self.case.programs:
            answer = self.process.ask(do="run")
            return Sample(answer["seconds"], answer["busy"], answer["peak"], answer["before"])
        self.close()
        began = time.perf_counter()
        self.process = self.start()
        answer = self.process.ask(do="run")
        return Sample(time.perf_counter() - began, 0, answer["peak"])

    def quality(self) -> dict:
        return self.process.ask(do="judge")["quality"]

    def close(self):
        if self.process:
            self.process.close()


class Ours:
    """A stage of the catalog in our tool."""
    name = "ours"

    def __init__(self, lab: Lab, case: Case):
        self.lab, self.case = lab, case
        self.process = Process(lab, [lab.tool])
        self.data = str(lab.folder("data") / f"{case.data}.h5")
        if isinstance(case.ours, Stage) and case.ours.name not in self.process.ask(do="stages")["stages"]:
            raise Failure(f"not built: there is no stage `{case.ours.name}`")
        if case.in_memory:
            more = ({"fit": case.fit} if case.fit else {}) | ({"other": "other"} if case.paired else {})
            self.process.ask(do="load", file=self.data, labels="labels", **more)

    def run(self, parameters: dict | None) -> dict:
        ours = self.case.ours
        if isinstance(ours, Neighbors):
            return self.process.ask(do="neighbors", k=ours.k, metric=ours.metric)
        filled = json.loads(json.dumps(parameters).replace("{data}", self.data))
        path = {"along": ours.along} if getattr(ours, "along", ()) else {}
        return self.process.ask(do="run", stage=ours.name, parameters=filled, seed=ours.seed, **path)

    def sample(self) -> Sample:
        ours = self.case.ours
        less = getattr(ours, "less", None)
        spared = self.run(less) if less else {"seconds": 0, "busy": 0}
        answer = self.run(getattr(ours, "parameters", None))
        seconds, busy = [
            (answer[name] - spared[name]) * (ours.scale if less else 1) for name in ["seconds", "busy"]]
        return Sample(seconds, busy, answer["peak"], answer["before"])

    def quality(self) -> dict:
        """Has the last result judged by a worker."""
        folder = self.lab.folder("outputs", fresh=True)
        saved = self.process.ask(do="save", folder=str(folder))
        judge = Peer(self.lab, self.case, "judge")
        try:
            return judge.process.ask(do="judge", folder=str(folder), saved=saved)["quality"]
        finally:
            judge.close()
            self.lab.folder("outputs", fresh=True)

    def close(self):
        self.process.close()


class OurRun:
    """A whole run of our command."""
    name = "ours"

    def __init__(self, lab: Lab, case: Case):
        self.lab, self.case = lab, case
        self.data = lab.folder("data") / f"{case.data}.h5"
        self.config = self.write(case.name, case.ours.config)
        self.before = case.ours.before and self.write(f"{case.name}-before", case.ours.before)

    def write(self, name: str, config: dict) -> Path:
        return self.lab.config(name, json.loads(json.dumps(config).replace("{data}", str(self.data))))

    def sample(self) -> Sample:
        store, memory = self.lab.folder(f"{self.case.name}-store", fresh=True), self.case.ours.memory
        self.lab.folder(f"{self.case.name}-store-runs", fresh=True)
        options = ["--jobs", "2"] + (["--memory", memory] if memory else [])
        if self.before:
            # What is written within two seconds is not remembered.
            time.sleep(2)
            self.lab.engine(self.lab.pipe, "run", self.before, store, *options)
        if self.case.cold:
            forget(self.data)
        try:
            found = self.lab.engine(self.lab.pipe, "run", self.config, store, *options)
        except SystemExit as failure:
            raise Failure(str(failure)) from None
        if memory and found.peak > memory:
            raise Failure(
                f"not built: it holds {found.peak / 1e6:.0f} MB where {memory / 1e6:.0f} MB are allowed "
                f"({found.seconds:.3g} s)")
        return Sample(found.seconds, found.busy, found.peak)

    def quality(self) -> dict:
        """The means of the measurements; those of a probe have its name before them."""
        folder = self.lab.folder(f"{self.case.name}-store-runs") / "latest"
        values = {}
        with open(folder / "results.csv") as file:
            for row in csv.DictReader(file):
                measure = " ".join(filter(None, [row.get("probe"), row["metric"]]))
                values.setdefault(measure, []).append(float(row["value"]))
        return {name: statistics.mean(values[measure]) for name, measure in self.case.ours.results.items()}

    def close(self):
        for name in ["store", "store-runs"]:
            self.lab.folder(f"{self.case.name}-{name}", fresh=True)


def ours(lab: Lab, case: Case):
    """Our side of a case."""
    return OurRun(lab, case) if isinstance(case.ours, Run) else Ours(lab, case)
