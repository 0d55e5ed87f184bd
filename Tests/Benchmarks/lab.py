"""What all benchmarks need: processes that are measured, samples in turn, peers, a machine's description."""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Sample:
    """How long a process took, on the clock and of the processors, and the most memory that it held."""
    seconds: float
    busy: float
    peak: int
    output: str = ""


class Lab:
    """Folders, programs and the number of samples."""

    def __init__(self, tool: str, work: Path, peers: Path | None, repeats: int):
        self.root, self.work, self.peers, self.repeats = ROOT, work, peers, repeats
        #: Whether peers are measured; of some benchmarks their environment is needed in any case.
        self.compares = peers is not None
        build = ROOT / ".build/release"
        self.pipe, self.tool = build / "pipe", build / tool
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

    def install(self, requirements: Path) -> None:
        """Makes the virtual environment of the peers, unless it is there."""
        python = self.peers / "bin/python"
        if python.exists():
            return
        print(f"installing the peers into {self.peers}", file=sys.stderr)
        venv.create(self.peers, with_pip=True)
        self.run([python, "-m", "pip", "install", "-q", "-r", requirements])

    def versions(self, names: list[str]) -> str:
        """The versions of packages in the virtual environment of the peers."""
        code = f"from importlib.metadata import version as v; print(', '.join(f'{{n}} {{v(n)}}' for n in {names}))"
        return self.run([self.peers / "bin/python", "-c", code], capture=True).output.strip()


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
