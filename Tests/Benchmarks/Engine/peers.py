"""The peers: tasks that compute nothing, kept by joblib.Memory, DVC and Snakemake."""
import shutil
from pathlib import Path

from lab import Lab

JOBLIB = """
import sys
from joblib import Memory
memory = Memory(sys.argv[1], verbose=0)

@memory.cache
def node(number):
    return number + 1

print(sum(node(number) for number in range(int(sys.argv[2]))))
"""

SNAKEFILE = """
rule all:
    input: expand("out/{{number}}", number=range({count}))

rule node:
    output: "out/{{number}}"
    shell: "echo {{wildcards.number}} > {{output}}"
"""

SKLEARN = """
import sys, time
import numpy
from sklearn.decomposition import PCA
random = numpy.random.default_rng(0)
data = random.normal(size=(8000, 1500)).astype("float32")
def fit(values):
    start = time.perf_counter()
    for value in values:
        PCA(value, svd_solver="covariance_eigh").fit_transform(data)
    return time.perf_counter() - start
values = [int(word) for word in sys.argv[1:]]
fit(values[-1:])
single = fit(values[-1:])
print(fit(values) / single)
"""


#: What a table of results names.
NAMES = ["joblib", "dvc", "snakemake", "scikit-learn"]
#: What is installed for them.
REQUIREMENTS = Path(__file__).parent / "peers.txt"


class Joblib:
    """n cached calls in one process."""
    name = "joblib.Memory"

    def __init__(self, lab: Lab, count: int):
        self.lab, self.count = lab, count
        self.folder = lab.folder(f"joblib-{count}")
        (self.folder / "nodes.py").write_text(JOBLIB)

    def clear(self):
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def run(self) -> float:
        command = [self.lab.peers / "bin/python", "nodes.py", "cache", self.count]
        return self.lab.run(command, cwd=self.folder).seconds


class DVC:
    """n stages of one dvc.yaml."""
    name = "DVC"

    def __init__(self, lab: Lab, count: int):
        self.lab, self.count = lab, count
        self.program = lab.peers / "bin/dvc"
        self.folder = lab.folder(f"dvc-{count}", fresh=True)
        lab.run([self.program, "init", "--no-scm", "-q"], cwd=self.folder)
        stages = "".join(
            f"  node{number}:\n    cmd: echo {number} > out{number}\n    outs:\n    - out{number}\n"
            for number in range(count))
        (self.folder / "dvc.yaml").write_text("stages:\n" + stages)

    def clear(self):
        for path in [self.folder / "dvc.lock", *self.folder.glob("out*")]:
            path.unlink(missing_ok=True)
        for path in [self.folder / ".dvc/cache", self.folder / ".dvc/tmp"]:
            shutil.rmtree(path, ignore_errors=True)

    def run(self) -> float:
        return self.lab.run([self.program, "repro", "-q"], cwd=self.folder).seconds


class Snakemake:
    """n jobs of one rule."""
    name = "Snakemake"

    def __init__(self, lab: Lab, count: int):
        self.lab, self.count = lab, count
        self.folder = lab.folder(f"snakemake-{count}", fresh=True)
        (self.folder / "Snakefile").write_text(SNAKEFILE.format(count=count))

    def clear(self):
        for name in ["out", ".snakemake"]:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def pretend(self):
        """Makes the outputs without running 10,000 jobs; Snakemake goes by their dates."""
        (self.folder / "out").mkdir(exist_ok=True)
        for number in range(self.count):
            (self.folder / "out" / str(number)).write_text(f"{number}\n")

    def run(self) -> float:
        command = [self.lab.peers / "bin/snakemake", "--cores", "2", "-q", "all"]
        return self.lab.run(command, cwd=self.folder).seconds


def sklearn_sweep(lab: Lab, values: list[int]) -> float:
    """How much longer scikit-learn takes to fit for each value than for the largest."""
    return float(lab.run([lab.peers / "bin/python", "-c", SKLEARN, *values], capture=True).output)
