#!/usr/bin/env python3
"""Measures the engine beside its peers and writes RESULTS.md; README.md tells more."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import peers  # noqa: E402
from cases import CASES, Case  # noqa: E402
from lab import Lab, Result, machine  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def build() -> None:
    """Builds what is measured, as the script `pipe` builds it."""
    environment = os.environ | {"PIPE_BENCHMARKS": "1"}
    options = ["-c", "release", "--static-swift-stdlib", "-Xlinker", "-s"]
    for product in ["pipe", "engine-benchmark"]:
        subprocess.run(
            ["swift", "build", *options, "--product", product], cwd=ROOT, env=environment, check=True,
            stdout=sys.stderr)


def figure(value: float, unit: str) -> str:
    """A number with three digits and its unit."""
    text = f"{value:.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text}{unit}" if unit == "×" else f"{text} {unit}"


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
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    lines = [
        "# Results of the engine's benchmarks", "",
        f"Machine: {before}. Commit {commit or 'unknown'}. Medians of {lab.repeats} samples in turn."
        + (f" Peers: {peers.versions(lab)}." if lab.peers else ""), "",
        "| case | what | ours | bound | kept | others | note |", "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [line(case, result) for case, result in results]) + "\n"


def arguments() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", help="names with commas between")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peers", type=Path, default=cache / "pipe-benchmark-peers")
    parser.add_argument("--work", type=Path, help="where everything goes that is made")
    parser.add_argument("--json", type=Path, help="writes the figures as JSON as well")
    parser.add_argument("--results", type=Path, help="the Markdown file; RESULTS.md for a whole run")
    parser.add_argument("--no-build", action="store_true")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    if given.list:
        print("\n".join(f"{case.name:18} {case.what}" for case in CASES))
        return 0
    names = given.cases.split(",") if given.cases else [case.name for case in CASES]
    unknown = set(names) - {case.name for case in CASES}
    if unknown:
        sys.exit(f"there is no case {', '.join(sorted(unknown))}; --list names them")
    if not given.no_build:
        build()
    work = given.work or Path(tempfile.mkdtemp(prefix="pipe-benchmark-"))
    lab = Lab(ROOT, work.resolve(), None if given.no_peers else given.peers.resolve(), given.repeats)
    if lab.peers:
        peers.prepare(lab.peers, lab)
    before, results = machine(), []
    try:
        for case in CASES:
            if case.name in names:
                results.append((case, case.measure(lab)))
                print(line(*results[-1]), file=sys.stderr, flush=True)
        table = text(results, lab, before)
    finally:
        if not given.work:
            shutil.rmtree(work, ignore_errors=True)
    print(table, end="")
    target = given.results or (None if given.cases else HERE / "RESULTS.md")
    if target:
        target.write_text(table)
    if given.json:
        figures = [
            {"case": case.name, "unit": case.unit, "ours": result.ours, "bound": case.bound,
             "others": result.others, "note": result.note}
            for case, result in results
        ]
        given.json.write_text(json.dumps({"machine": before, "cases": figures}, indent=2) + "\n")
    return 0 if all(result.ours <= case.bound for case, result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
