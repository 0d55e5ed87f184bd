#!/usr/bin/env python3
"""Measures the engine beside its peers and writes RESULTS.md; README.md tells more."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

import peers  # noqa: E402
from cases import CASES, Case, Result  # noqa: E402
from command import commit, figure, main  # noqa: E402
from lab import Lab  # noqa: E402


def line(case: Case, result: Result) -> str:
    """A case as a line of the table."""
    others = "; ".join(
        f"{name} {figure(value, case.unit)}" + (f" ({value / result.ours:.0f} ×)" if result.ours > 0 else "")
        for name, value in result.others.items())
    verdict = "yes" if result.ours <= case.bound else "**no**"
    return (
        f"| {case.name} | {case.what} | {figure(result.ours, case.unit)} | ≤ {figure(case.bound, case.unit)} "
        f"| {verdict} | {others or '–'} | {result.note} |")


def text(results: list[tuple[Case, Result]], lab: Lab, before: str) -> str:
    """The whole of RESULTS.md."""
    lines = [
        "# Results of the engine's benchmarks", "",
        f"Machine: {before}. Commit {commit()}. Medians of {lab.repeats} samples in turn."
        + (f" Peers: {lab.versions(peers.NAMES)}." if lab.peers else ""), "",
        "| case | what | ours | bound | kept | others | note |", "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [line(case, result) for case, result in results]) + "\n"


def measured(lab: Lab, cases: list[Case], before: str):
    """The table, the figures and whether all bounds were kept."""
    if lab.peers:
        lab.install(peers.REQUIREMENTS)
    results = []
    for case in cases:
        results.append((case, case.measure(lab)))
        print(line(*results[-1]), file=sys.stderr, flush=True)
    figures = [
        {"case": case.name, "unit": case.unit, "ours": result.ours, "bound": case.bound,
         "others": result.others, "note": result.note}
        for case, result in results
    ]
    kept = all(result.ours <= case.bound for case, result in results)
    return text(results, lab, before), {"machine": before, "cases": figures}, kept


if __name__ == "__main__":
    sys.exit(main(__doc__, HERE, "engine-benchmark", CASES, measured, peers="pipe-benchmark-peers"))
