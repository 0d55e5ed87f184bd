"""What a case came to, and how it is written: a line of Markdown, a record of JSON."""
import statistics
from dataclasses import dataclass, field

from cases import Case
from command import commit
from contenders import Sample
from lab import Lab

PACKAGES = ["numpy", "scipy", "scikit-learn", "scikit-learn-intelex", "faiss-cpu", "h5py", "joblib"]


@dataclass
class Figures:
    """What a contender came to."""
    samples: list[Sample] = field(default_factory=list)
    #: Samples during which others were at work; they count only where there are no others.
    disturbed: list[Sample] = field(default_factory=list)
    #: Seconds of the first sample, which may have been a rehearsal.
    first: float = 0
    quality: dict = field(default_factory=dict)
    #: What is wrong with its result, if anything.
    fault: str = ""
    #: Bytes that were held beside the data in the first sample, the only one that finds no memory taken before.
    memory: int = 0
    #: Whether others were at work during the samples that count, as there are no others.
    is_disturbed: bool = False

    @property
    def seconds(self) -> float:
        return statistics.median(sample.seconds for sample in self.samples)

    @property
    def busy(self) -> float:
        """Processor time, on which others have less influence."""
        return statistics.median(sample.busy for sample in self.samples)


@dataclass
class Result:
    """A case with its figures; without ours where it could not be run, and why."""
    case: Case
    figures: dict[str, Figures]
    problem: str = ""

    @property
    def ours(self) -> Figures | None:
        return self.figures.get("ours")

    @property
    def best(self) -> str | None:
        """The fastest peer of those whose result is as good as is asked for."""
        peers = {
            name: found for name, found in self.figures.items() if name in self.case.peers and not found.fault}
        return min(peers, key=lambda name: peers[name].seconds, default=None)

    @property
    def ratio(self) -> float | None:
        if self.ours is None or self.ours.fault or self.best is None:
            return None
        return self.figures[self.best].seconds / self.ours.seconds

    @property
    def verdict(self) -> str:
        if self.problem:
            return f"**{self.problem}**"
        if self.ours.fault:
            return "**worse result**"
        if self.ratio is None:
            return "–"
        reached = "aim" if self.ratio >= self.case.aim else "must" if self.ratio >= self.case.must else "**no**"
        return reached + (", but disturbed" if self.ours.is_disturbed or self.figures[self.best].is_disturbed else "")


def seconds(value: float) -> str:
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def judged(found: Figures) -> str:
    return ", ".join(f"{name} {value:.6g}" for name, value in found.quality.items())


def line(result: Result, limits: dict) -> str:
    """A case as a line of the table."""
    case, found, best = result.case, result.ours, result.best
    goal = f"{case.must:g} / {case.aim:g}"
    if result.problem:
        return f"| {case.name} | {case.what} | – | – | – | {goal} | {result.verdict} | – | – | – | {case.note} |"
    fraction = f"{case.floor.seconds(limits) / found.seconds:.0%}" if case.floor else "–"
    others = "; ".join(
        f"{name} {seconds(peer.seconds)}" + (" (worse result)" if peer.fault and name in case.peers else "")
        if peer.samples
        else f"{name} failed"
        for name, peer in result.figures.items() if name not in ("ours", best))
    memory = f"{found.memory / 1e6:.0f}" + (
        f" / {result.figures[best].memory / 1e6:.0f}" if best else "")
    peer = result.figures[best] if best else None
    busy = f"processor time {seconds(found.busy)}" + (
        f" against {seconds(peer.busy)}" if peer and peer.busy else "")
    disturbed = ", ".join(name for name, peer in result.figures.items() if peer.is_disturbed)
    notes = [judged(found), busy, f"disturbed by others: {disturbed}" if disturbed else "", f"others: {others}" if others else "", found.fault and f"**{found.fault}**", case.note]
    return (
        f"| {case.name} | {case.what} | {seconds(found.seconds)} "
        f"| {f'{best} {seconds(result.figures[best].seconds)}' if best else '–'} "
        f"| {number(result.ratio) if result.ratio else '–'} | {goal} | {result.verdict} | {fraction} "
        f"| {memory} | {'; '.join(note for note in notes if note)} |")


def text(results: list[Result], lab: Lab, limits: dict, before: str) -> str:
    """The whole of RESULTS.md."""
    lines = [
        "# Results of the benchmarks of the methods", "",
        f"Machine: {before}. Two threads on both sides. Limits measured: {limits['flops'] / 1e9:.0f} GFLOP/s in "
        f"single precision, {limits['read'] / 1e9:.1f} GB/s read, {limits['copy'] / 1e9:.1f} GB/s copied (read and "
        f"written). Commit {commit()}. Medians of at most {lab.repeats} samples in turn. "
        f"Peers: {lab.versions(PACKAGES)}.", "",
        "Ratio: the fastest peer with as good a result ÷ ours. Limit: the least time that the machine could take ÷ "
        "ours. Memory: MB held at most beside the data, ours / that peer; of whole programs, all of it.", "",
        "| case | what | ours | best peer | ratio | must / aim | reached | of the limit | memory | quality and notes |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [line(result, limits) for result in results]) + "\n"


def record(result: Result, limits: dict) -> dict:
    case = result.case
    return {
        "case": case.name, "what": case.what, "must": case.must, "aim": case.aim, "ratio": result.ratio,
        "best": result.best, "verdict": result.verdict.strip("*"), "problem": result.problem,
        "floor": case.floor.seconds(limits) if case.floor else None,
        "contenders": {
            name: {
                "seconds": found.seconds if found.samples else None,
                "busy": found.busy if found.samples else None,
                "samples": [sample.seconds for sample in found.samples],
                "disturbed": [sample.seconds for sample in found.disturbed],
                "memory": found.memory, "quality": found.quality,
                "fault": found.fault,
            }
            for name, found in result.figures.items()
        },
    }
