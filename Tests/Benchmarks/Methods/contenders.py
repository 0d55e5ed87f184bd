"""Those who run: our tool, a peer in a worker, our command; each gives samples and tells how good its result is."""
import json
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cases import Case, Neighbors, Stage
from lab import Lab

HERE = Path(__file__).resolve().parent
#: Both sides have two threads.
THREADS = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "PYTHONWARNINGS": "ignore"}
#: Seconds that an answer may take.
PATIENCE = 1800


class Failure(Exception):
    """A contender cannot do what is asked."""


@dataclass
class Sample:
    """Seconds on the clock, and bytes: what the process held at most, and what of it before."""
    seconds: float
    peak: int
    before: int = 0


class Process:
    """A process that answers lines of JSON."""

    def __init__(self, lab: Lab, command: list):
        self.process = subprocess.Popen(
            [str(word) for word in command], cwd=lab.work, env=lab.environment | THREADS, text=True,
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


class Peer:
    """A peer of a case in a worker, or the judge."""

    def __init__(self, lab: Lab, case: Case, name: str):
        self.name = name
        self.process = Process(
            lab, [lab.peers / "bin/python", HERE / "worker.py", case.name, name, lab.folder("data")])

    def sample(self) -> Sample:
        return Sample(**self.process.ask(do="run"))

    def quality(self) -> dict:
        return self.process.ask(do="judge")["quality"]

    def close(self):
        self.process.close()


class Ours:
    """A stage of the catalog in our tool."""
    name = "ours"

    def __init__(self, lab: Lab, case: Case):
        self.lab, self.case = lab, case
        self.process = Process(lab, [lab.tool])
        self.data = str(lab.folder("data") / f"{case.data}.h5")
        if isinstance(case.ours, Stage) and case.ours.name not in self.process.ask(do="stages")["stages"]:
            raise Failure(f"there is no stage `{case.ours.name}`")
        if case.in_memory:
            self.process.ask(do="load", file=self.data, labels="labels", **({"fit": case.fit} if case.fit else {}))

    def ask(self, parameters: dict | None, **keywords) -> dict:
        ours = self.case.ours
        if isinstance(ours, Neighbors):
            return self.process.ask(do="neighbors", k=ours.k, metric=ours.metric, **keywords)
        filled = json.loads(json.dumps(parameters).replace("{data}", self.data))
        return self.process.ask(do="run", stage=ours.name, parameters=filled, **keywords)

    def sample(self, **keywords) -> Sample:
        ours = self.case.ours
        answer = self.ask(getattr(ours, "parameters", None), **keywords)
        self.saved = answer["saved"]
        seconds = answer["seconds"]
        if getattr(ours, "less", None):
            seconds = (seconds - self.ask(ours.less)["seconds"]) * ours.scale
        return Sample(seconds, answer["peak"], answer["before"])

    def quality(self) -> dict:
        """Has the result of one more run judged by a worker."""
        folder = self.lab.folder("outputs", fresh=True)
        self.sample(save=str(folder))
        judge = Peer(self.lab, self.case, "judge")
        try:
            return judge.process.ask(do="judge", folder=str(folder), saved=self.saved)["quality"]
        finally:
            judge.close()
            self.lab.folder("outputs", fresh=True)

    def close(self):
        self.process.close()


def ours(lab: Lab, case: Case):
    """Our side of a case."""
    return Ours(lab, case)
