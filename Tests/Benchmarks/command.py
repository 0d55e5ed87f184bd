"""The command that every kind of benchmark has: its options, the building, and what it writes."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable

from lab import ROOT, Lab, machine


def build(products: list[str]) -> None:
    """Builds what is measured, as the script `pipe` builds it."""
    environment = os.environ | {"PIPE_BENCHMARKS": "1"}
    options = ["-c", "release", "--static-swift-stdlib", "-Xlinker", "-s"]
    for product in products:
        subprocess.run(
            ["swift", "build", *options, "--product", product], cwd=ROOT, env=environment, check=True,
            stdout=sys.stderr)


def figure(value: float, unit: str) -> str:
    """A number with three digits and its unit."""
    text = f"{value:.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text}{unit}" if unit == "×" else f"{text} {unit}"


def commit() -> str:
    """The commit that is measured."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def arguments(description: str, peers: str) -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cases", help="names with commas between")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peers", type=Path, default=cache / peers)
    parser.add_argument("--work", type=Path, help="where everything goes that is made")
    parser.add_argument("--json", type=Path, help="writes the figures as JSON as well")
    parser.add_argument("--results", type=Path, help="the Markdown file; RESULTS.md for a whole run")
    parser.add_argument("--no-build", action="store_true")
    return parser.parse_args()


def main(
    description: str, folder: Path, tool: str, cases: list, measure: Callable, peers: str,
    needs_peers: bool = False
) -> int:
    """Runs the cases that are wanted; those that are `optional` only where they are named.

    `measure` takes the lab, the cases and the machine, and gives the table, its figures and whether all is well.
    """
    given = arguments(description, peers)
    if given.list:
        print("\n".join(f"{case.name:20} {case.what}" for case in cases))
        return 0
    names = given.cases.split(",") if given.cases else [
        case.name for case in cases if not getattr(case, "optional", False)]
    unknown = set(names) - {case.name for case in cases}
    if unknown:
        sys.exit(f"there is no case {', '.join(sorted(unknown))}; --list names them")
    if not given.no_build:
        build(["pipe", tool])
    work = given.work or Path(tempfile.mkdtemp(prefix="pipe-benchmark-"))
    environment = None if given.no_peers and not needs_peers else given.peers.resolve()
    lab = Lab(tool, work.resolve(), environment, given.repeats)
    lab.compares = not given.no_peers
    try:
        table, figures, is_well = measure(lab, [case for case in cases if case.name in names], machine())
    finally:
        if not given.work:
            shutil.rmtree(work, ignore_errors=True)
    print(table, end="")
    target = given.results or (None if given.cases else folder / "RESULTS.md")
    if target:
        target.write_text(table)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if is_well else 1
