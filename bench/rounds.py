"""Runs the contenders round by round, each in a process of its own, so that whatever disturbs one disturbs all.

pyperf would measure one contender after the other, and so put what disturbs the machine meanwhile on one of them.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.cases import WHILE, Case, Curve
from bench.environments import OURS, Environments, Script

Result = dict[str, Any]  # of one contender: {"rounds": [figure, ...]} or {"error": sentence}
ENOUGH = 3.0  # seconds for one unit of work at which a curve ends


class Failed(Exception):
    """A contender could not do the work."""


class Process:
    """A contender at work."""

    def __init__(self, process: subprocess.Popen[str], complaints: Path) -> None:
        """Wait until a started process is ready; `complaints` is the file of its standard error."""
        self.process, self.complaints = process, complaints
        self.hello = self.read()

    def read(self) -> dict[str, Any]:
        """Read a line of its output."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Failed(self.complaints.read_text("utf-8").strip().rpartition("\n")[2] or "ended without a message")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise Failed(reply["error"])
        return reply

    def do(self, work: str, count: int, size: int) -> dict[str, float]:
        """Let it do some work.

        :raises Failed: it cannot; with the reason.
        """
        assert self.process.stdin is not None
        print(json.dumps({"work": work, "count": count, "size": size}), file=self.process.stdin, flush=True)
        return self.read()


class Ring:
    """All contenders, and the server they call."""

    def __init__(self, environments: Environments, host: str) -> None:
        self.host, self.scripts = host, environments.contenders()
        self.pythons = {script.name: environments.python(script.name, script.dependencies) for script in self.scripts}
        self.headers: dict[str, str] = {}
        self.hellos: dict[str, Any] = {}
        self.headers = self.headers_of_ours()

    @contextmanager
    def process(self, script: Script) -> Iterator[Process]:
        """Run a contender, in a folder where it finds nothing of the clone."""
        command = [self.pythons[script.name], str(script.path), self.host, json.dumps(self.headers)]
        pipe = subprocess.PIPE
        with (
            tempfile.TemporaryDirectory() as folder,
            Path(folder, "stderr").open("w") as complaints,
            subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, stderr=complaints, text=True) as process,
        ):
            yield Process(process, Path(complaints.name))

    def headers_of_ours(self) -> dict[str, str]:
        """Return the headers that the SDK adds to those that each HTTP library sends by itself."""
        ours = next(script for script in self.scripts if script.name == OURS)
        with self.process(ours) as process:
            process.do("call", 1, 1)
        with urllib.request.urlopen(f"{self.host}/seen") as response:
            seen: dict[str, str] = json.load(response)
        own = ("host", "accept-encoding", "content-length", "connection")
        return {name: value for name, value in seen.items() if name.lower() not in own}

    def run(self, case: Case, rounds: int) -> dict[str, Result]:
        """Run a case, and return what each contender's rounds took, or why it failed."""
        results: dict[str, Result] = {}
        with ExitStack() as stack:
            running = self._started(stack, case.work, results)
            took = alternate(running, case, case.size, min(rounds, case.rounds or rounds), results)
            for name, replies in took.items():
                results[name] = {"rounds": [reply[case.figure] for reply in replies]}
        return results

    def grow(self, curve: Curve, rounds: int) -> dict[str, list[tuple[int, float]]]:
        """Run a curve, and return the median of each contender at each size that it reaches in reasonable time."""
        points: dict[str, list[tuple[int, float]]] = {}
        with ExitStack() as stack:
            running = self._started(stack, curve.work, {})
            for size in curve.sizes:
                took = alternate(running, curve, size, rounds, {})  # the case of this work says why one fails
                for name, replies in took.items():
                    points.setdefault(name, []).append((size, median(reply[curve.figure] for reply in replies)))
                running = {
                    name: running[name]
                    for name, replies in took.items()
                    if max(reply["wall"] for reply in replies) < ENOUGH
                }
        return points

    def _started(self, stack: ExitStack, work: str, results: dict[str, Result]) -> dict[str, Process]:
        """Start the contenders that do this work; the reason why one cannot goes into the results."""
        running = {}
        for script in self.scripts:
            try:
                process = stack.enter_context(self.process(script))
                self.hellos[script.name] = process.hello
                if work in process.hello["works"]:
                    running[script.name] = process
            except Failed as failure:
                results[script.name] = {"error": str(failure)}
        return running


def alternate(
    running: dict[str, Process], work: Case | Curve, size: int, rounds: int, results: dict[str, Result]
) -> dict[str, list[dict[str, float]]]:
    """Let all do the work in turn, round by round; one that cannot drops out, and the results say why."""
    counts = {}
    for name, process in running.items():
        try:
            counts[name] = warm_up(process, work, size)
        except Failed as failure:
            results[name] = {"error": str(failure)}
    took: dict[str, list[dict[str, float]]] = {name: [] for name in counts}
    for number in range(rounds if counts else 0):
        for name in in_turn([*counts], number):
            took[name].append(running[name].do(work.work, counts[name], size))
    return took


def warm_up(process: Process, work: Case | Curve, size: int) -> int:
    """Do the work until it is warm, and return how often it fits into a round."""
    count = fitting(work, process.do(work.work, 1, size))
    return count if count == 1 else fitting(work, process.do(work.work, count, size))


def fitting(work: Case | Curve, took: dict[str, float]) -> int:
    """Return how often work that took so long fits into a round."""
    return int(min(work.most, max(1, WHILE / took["wall"])))


def in_turn(names: list[str], number: int) -> list[str]:
    """Return the order of a round: another contender begins each time, and each second turn goes backwards."""
    first = number % len(names)
    turned = names[first:] + names[:first]
    return turned[::-1] if number // len(names) % 2 else turned
