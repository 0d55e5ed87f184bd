#!/usr/bin/env python3
"""Measures the methods beside their peers and writes RESULTS.md; README.md tells more."""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

from cases import CASES, Case  # noqa: E402
from command import main  # noqa: E402
from contenders import Failure, Peer, ours  # noqa: E402
from lab import Lab  # noqa: E402
from results import Figures, Result, line, record, text  # noqa: E402

#: A first sample that takes less is a rehearsal: threads are started, files and code are read.
REHEARSAL = 2.0
#: A contender that has taken so many seconds gives no further sample.
ENOUGH = 40.0
#: Nor does a peer that took so many seconds and so many times the fastest peer's.
SLOW, SLOWER = 10.0, 1.5
#: Between two samples, so that threads of the one before have gone to sleep.
PAUSE = 0.2
#: The share of the processors that others may use, and the seconds that a case waits in all for less.
DISTURBED, QUIET = 0.1, 60.0


def say(text: str):
    print(text, file=sys.stderr, flush=True)


class Quiet:
    """Waits until others leave the machine alone: the contenders sleep between their samples."""

    def __init__(self):
        self.left = QUIET

    @staticmethod
    def busy() -> float:
        """Seconds that the processors worked."""
        with open("/proc/stat") as file:
            values = [int(word) for word in file.readline().split()[1:9]]
        return (sum(values) - values[3] - values[4]) / os.sysconf("SC_CLK_TCK")

    def is_here(self) -> bool:
        """Whether nobody else works during a pause."""
        time.sleep(PAUSE / 2)
        before = self.busy()
        time.sleep(PAUSE)
        return self.busy() - before <= DISTURBED * PAUSE * os.cpu_count() + 0.01

    def wait(self):
        began = time.perf_counter()
        while not self.is_here() and self.left > time.perf_counter() - began:
            time.sleep(1)
        self.left -= time.perf_counter() - began


def samples(case: Case, contenders: list, repeats: int, quiet: Quiet) -> dict[str, Figures]:
    """One sample of each in turn, after one that is judged; it counts unless it was a rehearsal."""
    found = {}
    for contender in contenders:
        if "ours" in found and found["ours"].fault:
            # Without ours there is nothing to compare.
            break
        figures = found[contender.name] = Figures()
        try:
            quiet.wait()
            first = contender.sample()
            is_quiet = quiet.is_here()
            figures.first, figures.memory = first.seconds, first.peak - first.before
            figures.quality = contender.quality()
        except Failure as failure:
            figures.fault = str(failure)
            say(f"{case.name}: {contender.name} FAILED, {failure}")
            continue
        if first.seconds >= REHEARSAL:
            (figures.samples if is_quiet else figures.disturbed).append(first)
        say(f"{case.name}: {contender.name} {first.seconds:.3f} s {figures.quality}")
    fastest = min((peer.first for name, peer in found.items() if name != "ours" and peer.first), default=0)
    # Some more than are wanted, for those that others disturb.
    for _ in range(2 * repeats):
        for contender in contenders[:len(found)]:
            figures = found[contender.name]
            spent = [sample.seconds for sample in figures.samples + figures.disturbed]
            if figures.fault or sum(spent) > ENOUGH or len(figures.samples) >= repeats:
                continue
            if contender.name != "ours" and spent and spent[0] > max(SLOW, SLOWER * fastest):
                continue
            quiet.wait()
            try:
                sample = contender.sample()
            except Failure as failure:
                figures.fault = str(failure)
                continue
            (figures.samples if quiet.is_here() else figures.disturbed).append(sample)
    for figures in found.values():
        if not figures.samples:
            figures.samples, figures.disturbed, figures.is_disturbed = figures.disturbed, [], True
    return found


def check(case: Case, found: dict[str, Figures]):
    """Marks whoever is not as good as the checks ask for."""
    for figures in found.values():
        if figures.fault:
            continue
        faults = []
        for wanted in case.checks:
            reference = wanted.against
            if isinstance(reference, str):
                if reference not in found or found[reference].fault and not found[reference].quality:
                    continue
                reference = found[reference].quality[wanted.name]
            value = figures.quality.get(wanted.name)
            if value is not None and not wanted.accepts(value, reference):
                faults.append(f"{wanted.name} {value:.6g}, wanted {wanted.better} than {reference:.6g}")
        figures.fault = "; ".join(faults)


def measure(lab: Lab, case: Case) -> Result:
    contenders, problem = [], ""
    try:
        try:
            contenders.append(ours(lab, case))
        except Failure as failure:
            say(f"{case.name}: SKIPPED, {failure}")
            return Result(case, {}, str(failure))
        if lab.compares:
            contenders += [Peer(lab, case, name) for name in case.peers + case.beside]
        found = samples(case, contenders, lab.repeats, Quiet())
    finally:
        for contender in contenders:
            contender.close()
    check(case, found)
    if not found["ours"].samples:
        problem = found["ours"].fault
    elif found["ours"].fault:
        say(f"{case.name}: OUR RESULT IS WORSE: {found['ours'].fault}")
    return Result(case, found, problem)


def machine_limits(lab: Lab) -> dict:
    """What the machine can do at best: the floors are set by it."""
    program = lab.work / "limits"
    subprocess.run(
        ["cc", "-O3", "-march=native", "-pthread", HERE / "limits.c", "-o", program], check=True)
    return json.loads(lab.run([program], capture=True).output)


def measured(lab: Lab, cases: list[Case], before: str):
    """The table, the figures, and whether no result was worse and every ratio reached what it must."""
    # Both sides have two threads: on a larger machine two processors.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    lab.install(HERE / "peers.txt")
    needed = list(dict.fromkeys(name for case in cases for name in (case.data, *case.needs)))
    lab.run([lab.peers / "bin/python", HERE / "data.py", lab.folder("data"), *needed])
    limits, results = machine_limits(lab), []
    for number, case in enumerate(cases):
        try:
            results.append(measure(lab, case))
        finally:
            if case.temporary and all(other.data != case.data for other in cases[number + 1:]):
                (lab.folder("data") / f"{case.data}.h5").unlink(missing_ok=True)
        say(line(results[-1], limits))
    # Others may have disturbed the first measurement.
    limits = {name: max(value, limits[name]) for name, value in machine_limits(lab).items()}
    figures = {"machine": before, "limits": limits, "cases": [record(result, limits) for result in results]}
    is_well = all(
        not result.problem and not result.ours.fault
        and (result.ratio is None or result.ratio >= result.case.must) for result in results)
    return text(results, lab, limits, before), figures, is_well


if __name__ == "__main__":
    sys.exit(main(
        __doc__, HERE, "methods-benchmark", CASES, measured, peers="pipe-benchmark-methods", needs_peers=True))
