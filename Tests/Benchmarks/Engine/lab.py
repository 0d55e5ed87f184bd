"""What all cases need: processes that are measured, samples in turn, a machine's description."""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Sample:
    """How long a process took, on the clock and of the processors, and the most memory that it held."""
    seconds: float
    busy: float
    peak: int
    output: str = ""


@dataclass
class Result:
    """What a case came to: our figure in the case's unit, and those of others."""
    ours: float
    others: dict[str, float] = field(default_factory=dict)
    note: str = ""


class Lab:
    """Folders, programs and the number of samples."""

    def __init__(self, root: Path, work: Path, peers: Path | None, repeats: int):
        self.root, self.work, self.peers, self.repeats = root, work, peers, repeats
        build = root / ".build/release"
        self.pipe, self.tool = build / "pipe", build / "engine-benchmark"
        self.environment = os.environ | {
            "HOME": str(work / "home"), "XDG_CACHE_HOME": str(work / "home/cache"), "DVC_NO_ANALYTICS": "1",
            "PYTHONDONTWRITEBYTECODE": "", "OPENBLAS_NUM_THREADS": str(os.cpu_count()),
        }
        (work / "home").mkdir(parents=True, exist_ok=True)

    def folder(self, name: str, fresh: bool = False) -> Path:
        """A folder of the work folder, emptied if wanted."""
        path = self.work / name
        if fresh:
            shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def config(self, name: str, content: dict) -> Path:
        """A config file."""
        path = self.folder("configs") / f"{name}.json"
        path.write_text(json.dumps(content))
        return path

    def start(self, command: list, cwd: Path | None = None, capture: bool = False) -> subprocess.Popen:
        return subprocess.Popen(
            [str(word) for word in command], cwd=cwd or self.work, env=self.environment,
            stdout=subprocess.PIPE if capture else subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def run(self, command: list, cwd: Path | None = None, capture: bool = False, codes=(0,)) -> Sample:
        """Runs a process to its end; ends the program with its words if it fails."""
        began = time.perf_counter()
        process = self.start(command, cwd, capture)
        output = process.stdout.read() if capture else ""
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            sys.exit(f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{errors}{output}")
        return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)

    def engine(self, program: Path, verb: str, config: Path, store: Path, *options, **keywords) -> Sample:
        """Runs our tool on a config with a store."""
        places = ["--store", store, "--runs", store.parent / (store.name + "-runs"), "-q"]
        return self.run([program, verb, config, *places, *options], **keywords)

    def alternately(
        self, contenders: dict, repeats: int | None = None, patience: float = float("inf")
    ) -> dict[str, float]:
        """The median of what each contender returns, one sample of each in turn; no more after `patience` seconds."""
        samples: dict[str, list[float]] = {name: [] for name in contenders}
        began = time.perf_counter()
        for number in range(repeats or self.repeats):
            if number > 0 and time.perf_counter() - began > patience:
                break
            for name, contender in contenders.items():
                samples[name].append(contender())
        return {name: statistics.median(values) for name, values in samples.items()}


def machine() -> str:
    """One line that says where the figures come from."""
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GiB, Linux {platform.release()}, "
        f"load before (1, 5, 15 min) {load}")
