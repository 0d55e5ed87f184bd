"""The table of cases: what is measured, how, and the bound that it must keep."""
import hashlib
import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable

import peers
from lab import Lab


@dataclass
class Result:
    """What a case came to: our figure in the case's unit, and those of others."""
    ours: float
    others: dict[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass
class Case:
    """One line of the table; the figure should not be above the bound."""
    name: str
    what: str
    unit: str
    bound: float
    measure: Callable[[Lab], Result]


def experiment(**slots) -> dict:
    """A config of the pipeline that comes with the tool, on a small table unless another is given."""
    small = {"blobs": {"rows": 60, "columns": 6, "classes": 3}}
    return {"pipeline": "reduce-and-compare", "data": small} | slots


def ticks(cells: int) -> dict:
    """A sweep of cells that do nothing: a stage and a measure each."""
    return experiment(reduce=[{"tick": {"number": {"range": [1, cells, cells]}}}])


class Clock:
    """Samples of our own program: seconds on the clock, with processor seconds beside them."""

    def __init__(self):
        self.busy: list[float] = []

    def __call__(self, sample) -> float:
        self.busy.append(sample.busy)
        return sample.seconds

    def note(self, scale: float, unit: str) -> str:
        return f"processor time {statistics.median(self.busy) * scale:.3g} {unit}"


def nodes(lab: Lab, program, config, store) -> list[dict]:
    """The nodes of a run as its manifest lists them."""
    output = lab.engine(program, "run", config, store, "--json", capture=True).output
    return json.loads(output)["volatile"]["nodes"]


def peer_figures(lab: Lab, contenders: list, factor: float, cold: bool) -> dict[str, float]:
    """Medians of peers that do nothing again (or everything, if cold), times a factor."""
    figures = {}
    for peer in contenders:
        if not cold:
            peer.run()

        def sample(peer=peer) -> float:
            if cold:
                peer.clear()
            return peer.run()

        # They are many times slower: a few samples say enough.
        found = lab.alternately({peer.name: sample}, repeats=3, patience=30)
        figures[peer.name] = found[peer.name] * factor
    return figures


def noop_small(lab: Lab) -> Result:
    clusters = {"k-means": {"clusters": {"each": list(range(2, 18))}, "starts": 1}}
    config = lab.config("noop-100", experiment(reduce=["none"], cluster=[clusters]))
    store = lab.folder("noop-100-store", fresh=True)
    count = len(nodes(lab, lab.pipe, config, store))
    clock = Clock()
    own = {"ours": lambda: clock(lab.engine(lab.pipe, "run", config, store)) * 1e3}
    ours = lab.alternately(own, repeats=4 * lab.repeats)["ours"]
    others = {}
    if lab.peers:
        contenders = [peers.Joblib(lab, 100), peers.DVC(lab, 100), peers.Snakemake(lab, 100)]
        others = peer_figures(lab, contenders, 1e3, cold=False)
    return Result(ours, others, f"{count} nodes, {clock.note(1e3, 'ms')}; peers 100 tasks")


def noop_large(lab: Lab) -> Result:
    config = lab.config("noop-10000", ticks(5000))
    store = lab.folder("noop-10000-store", fresh=True)
    count = len(nodes(lab, lab.tool, config, store))
    clock = Clock()
    ours = lab.alternately({"ours": lambda: clock(lab.engine(lab.tool, "run", config, store))})["ours"]
    others = {}
    if lab.peers:
        snakemake = peers.Snakemake(lab, 10_000)
        snakemake.pretend()
        others = peer_figures(lab, [peers.Joblib(lab, 10_000), snakemake], 1, cold=False)
    return Result(ours, others, f"{count} nodes, {clock.note(1, 's')}; DVC not tried")


def plan_time(lab: Lab) -> Result:
    config = lab.config("plan-100000", ticks(100_000))
    folder = lab.folder("plan", fresh=True)
    peak, clock = 0, Clock()

    def sample() -> float:
        nonlocal peak
        # No store: nothing was ever computed.
        found = lab.run([lab.tool, "plan", config], cwd=folder, codes=(10,))
        peak = max(peak, found.peak)
        return clock(found)

    ours = lab.alternately({"ours": sample})["ours"]
    return Result(ours, note=f"peak memory {peak / 1e9:.2f} GB (bound 1 GB), {clock.note(1, 's')}")


def overhead(lab: Lab) -> Result:
    config, clock = lab.config("overhead", ticks(5000)), Clock()

    def sample() -> float:
        found = lab.engine(lab.tool, "run", config, lab.folder("overhead-store", fresh=True))
        return clock(found) / 10_000 * 1e3

    ours = lab.alternately({"ours": sample})["ours"]
    others = {}
    if lab.peers:
        others = peer_figures(lab, [peers.Joblib(lab, 1000)], 1, cold=True)
        others |= peer_figures(lab, [peers.DVC(lab, 100), peers.Snakemake(lab, 100)], 10, cold=True)
    return Result(
        ours, others,
        f"10,000 nodes, {clock.note(0.1, 'ms')}; joblib 1,000 calls, DVC and Snakemake 100 tasks; whole processes")


class Matrices:
    """Storing and loading 100 MB once for all cases that look at it."""
    figures: dict | None = None

    @classmethod
    def measured(cls, lab: Lab) -> dict:
        if cls.figures is None:
            cls.figures = cls.measure(lab)
        return cls.figures

    @classmethod
    def measure(cls, lab: Lab) -> dict:
        folder = lab.folder("matrix", fresh=True)
        rows: list[dict] = []

        def ours() -> float:
            for name in ["plain", "coded"]:
                lab.folder(f"matrix/store-{name}", fresh=True)
            rows.append(json.loads(lab.run([lab.tool, "matrix", folder, 100], capture=True).output))
            return 0

        def others() -> float:
            plain, coded = folder / "plain.bin", folder / "coded.bin"
            threads = f"-T{os.cpu_count()}"
            rows[-1] |= {
                "write": cls.timed(lambda: cls.copy(plain, folder / "raw")),
                "read": cls.timed(lambda: cls.digest(cls.contents(plain))),
                "compress": cls.timed(lambda: cls.compress(lab, coded, folder / "coded.zst", threads)),
                "decompress": cls.timed(lambda: cls.decompress(lab, folder / "coded.zst", coded)),
            }
            return 0

        lab.alternately({"ours": ours, "others": others})
        return {
            "store plain": cls.median(rows, lambda row: row["plain"]["store"]),
            "store coded": cls.median(rows, lambda row: row["coded"]["store"]),
            "load plain": cls.median(rows, lambda row: row["plain"]["load"]),
            "load coded": cls.median(rows, lambda row: row["coded"]["load"]),
            "put plain": cls.median(rows, lambda row: row["plain"]["put"]),
        } | {
            name: cls.median(rows, lambda row: row[name])
            for name in ["write", "read", "compress", "decompress"]
        }

    @staticmethod
    def median(rows, value) -> float:
        values = sorted(value(row) for row in rows)
        return values[len(values) // 2]

    @staticmethod
    def timed(work) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    @staticmethod
    def copy(source, target):
        with open(source, "rb") as read, open(target, "wb") as write:
            while block := read.read(1 << 20):
                write.write(block)
            write.flush()
            os.fsync(write.fileno())

    @staticmethod
    def contents(path) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    @staticmethod
    def digest(content: bytes):
        """SHA-256 of parts on all cores."""
        count = os.cpu_count()
        size = -(-len(content) // count)
        parts = [memoryview(content)[number * size:(number + 1) * size] for number in range(count)]
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda part: hashlib.sha256(part).digest(), parts))

    @classmethod
    def decompress(cls, lab: Lab, source, original):
        lab.run(["zstd", "-q", "-d", "-f", source, "-o", "/dev/null"])
        cls.digest(cls.contents(original))

    @staticmethod
    def compress(lab: Lab, source, target, threads: str):
        lab.run(["zstd", "-q", "-f", "-1", threads, source, "-o", target])
        with open(target, "rb") as file:
            os.fsync(file.fileno())


def matrix_case(ours: str, other: str, label: str) -> Callable[[Lab], Result]:
    def measure(lab: Lab) -> Result:
        figures = Matrices.measured(lab)
        note = f"{figures[ours]:.3f} s against {figures[other]:.3f} s of {label}"
        return Result(figures[ours] / figures[other], note=note)

    return measure


def hand_over(lab: Lab) -> Result:
    def config(name: str, rows: int):
        data = {"blobs": {"rows": rows, "columns": 512, "classes": 4}}
        content = {"pipeline": f"{name}-hops", "data": data, "hop": "pass-on", "reduce": "tick"}
        return lab.config(f"{name}-hops-{rows}", content)

    few, many = config("few", 50_000), config("many", 50_000)

    # Copying and hashing keep a processor busy, so its time says what the clock of a shared machine does not.
    def sample(config) -> float:
        return lab.engine(lab.tool, "run", config, lab.folder("hops-store", fresh=True)).busy

    memory = bytearray(os.urandom(1 << 20)) * 98

    def copied() -> float:
        return Matrices.timed(lambda: bytes(memory)) * 1e3

    def hashed() -> float:
        return Matrices.timed(lambda: hashlib.sha256(memory).digest()) * 1e3

    found = lab.alternately(
        {"few": lambda: sample(few), "many": lambda: sample(many), "copy": copied, "hash": hashed})
    others = {"a copy": found["copy"], "SHA-256": found["hash"]}
    note = f"processor time: {found['many']:.2f} s with 100 hops more, {found['few']:.2f} s without"
    return Result(max(0, found["many"] - found["few"]) / 100 * 1e3, others, note)


def sweep(lab: Lab) -> Result:
    values = list(range(16, 257, 16))
    data = {"blobs": {"rows": 8000, "columns": 1500, "classes": 10}}

    def config(name: str, components):
        return lab.config(name, experiment(data=data, reduce=[{"pca": {"components": components}}]))

    several, single = config("sweep-16", {"each": values}), config("sweep-1", values[-1])

    def sample(config) -> float:
        return lab.engine(lab.pipe, "run", config, lab.folder("sweep-store", fresh=True)).seconds

    found = lab.alternately({"16": lambda: sample(several), "1": lambda: sample(single)})
    others = {}
    if lab.peers:
        others = lab.alternately({"scikit-learn": lambda: peers.sklearn_sweep(lab, values)}, repeats=3)
    note = f"{found['16']:.2f} s against {found['1']:.2f} s, loading and recording included"
    return Result(found["16"] / found["1"], others, note)


def two_processes(lab: Lab) -> Result:
    clusters = {"k-means": {"clusters": {"range": [10, 33, 24]}, "starts": 10}}
    data = {"blobs": {"rows": 6000, "columns": 64, "classes": 10}}
    config = lab.config("shared", experiment(data=data, reduce=["none"], cluster=[clusters]))
    twice = []

    def one() -> float:
        return lab.engine(lab.pipe, "run", config, lab.folder("alone-store", fresh=True)).seconds

    def two() -> float:
        store = lab.folder("shared-store", fresh=True)
        began = time.perf_counter()
        processes = [
            lab.start(
                [lab.pipe, "run", config, "--store", store, "--runs", lab.work / f"runs-{number}", "--json"],
                capture=True)
            for number in range(2)
        ]
        outputs = [process.communicate()[0] for process in processes]
        seconds = time.perf_counter() - began
        ran = [
            {node["id"] for node in json.loads(output)["volatile"]["nodes"] if node["state"] == "ran"}
            for output in outputs
        ]
        twice.append(len(ran[0] & ran[1]))
        return seconds

    found = lab.alternately({"one": one, "two": two})
    note = f"{found['two']:.2f} s against {found['one']:.2f} s; {max(twice)} keys computed twice"
    return Result(found["two"] / found["one"], note=note)


CASES = [
    Case("noop-100", "nothing to do, 100 nodes, whole process", "ms", 30, noop_small),
    Case("noop-10000", "nothing to do, 10,000 nodes, whole process", "s", 0.5, noop_large),
    Case("plan-100000", "plan of 100,000 cells", "s", 5, plan_time),
    Case("overhead", "overhead per executed node", "ms", 0.3, overhead),
    Case("hand-over", "result of 102 MB handed over in memory", "ms", 1, hand_over),
    Case(
        "store", "storing 100 MB that do not compress, against the disk", "×", 1 / 0.7,
        matrix_case("store plain", "write", "writing a file and waiting for the disk")),
    Case(
        "store-compressed", "storing 100 MB that compress, against zstd -1 and the disk", "×", 1 / 0.7,
        matrix_case("store coded", "compress", "zstd -1 on all cores and waiting for the disk")),
    Case(
        "load", "loading 100 MB, verified, against reading and hashing a file", "×", 1 / 0.7,
        matrix_case("load plain", "read", "reading a file from the page cache and SHA-256 on all cores")),
    Case(
        "load-compressed", "loading 100 MB that were compressed, verified, against zstd -d", "×", 1 / 0.7,
        matrix_case("load coded", "decompress", "zstd -d, and reading and SHA-256 on all cores")),
    Case("sweep-16", "16 values of components with PCA, against one fit", "×", 1.3, sweep),
    Case("two-processes", "two processes on one cold sweep, against one", "×", 1.15, two_processes),
]
