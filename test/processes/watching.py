"""Runs work in other processes and threads, and checks what is left behind."""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

ROOT = str(Path(__file__).resolve().parents[2])
_FORK = multiprocessing.get_context("fork")


class Left(NamedTuple):
    """The resources that this process holds."""

    descriptors: int
    threads: int

    @classmethod
    def now(cls) -> Left:
        gc.collect()
        return cls(len(os.listdir("/proc/self/fd")) - 1, threading.active_count())  # without that of the listing itself

    def is_within(self, other: Left) -> bool:
        """Return whether this is at most the other. It may be less: what an earlier test began can end meanwhile."""
        return self.descriptors <= other.descriptors and self.threads <= other.threads


@contextmanager
def nothing_left(within: float = 3.0) -> Iterator[None]:
    """Check that the block leaves no descriptors and threads behind; a server of ours may need some seconds to end."""
    before = Left.now()
    yield
    end = time.monotonic() + within
    while not (after := Left.now()).is_within(before) and time.monotonic() < end:
        time.sleep(0.05)
    assert after.is_within(before), f"there were {before}, there are {after}"


def in_threads(work: Callable[[int], None], count: int) -> None:
    """Do the work in that many threads at once, and raise what it raises in any of them."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class Child:
    """A process forked from this one that does some work; `result` returns its result."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._receiver, sender = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_report, args=(sender, work))
        with warnings.catch_warnings():
            # Python 3.12 and newer warn of a fork beside other threads: it is what these tests are about.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            self._process.start()
        sender.close()

    def result(self, within: float = 15.0) -> Any:
        """Wait for the child's end, for some seconds, and return what its work returned.

        :raises AssertionError: the child did not end in time, or failed.
        """
        try:
            assert self._receiver.poll(within), "the child does not end"
            is_done, value = self._receiver.recv()
            self._process.join(within)
            assert self._process.exitcode == 0
        finally:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._receiver.close()
        assert is_done, value
        return value


def _report(sender: Connection, work: Callable[[], Any]) -> None:
    try:
        sender.send((True, work()))
    except BaseException:
        sender.send((False, traceback.format_exc()))


def run(program: str, *arguments: str, within: float = 30.0) -> str:
    """Run a program to its end; return what it printed.

    :param program: the name of a module in this folder, or else the whole name of a module.

    :raises AssertionError: it failed, took too long, or wrote to standard error.
    """
    code, printed, complaints = finish(start(program, *arguments), within)
    assert (code, complaints) == (0, "")
    return printed


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start such a program, every warning being an error."""
    module = program if "." in program else f"test.processes.{program}"
    line = [sys.executable, "-W", "error", "-m", module, *arguments]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], within: float) -> tuple[int, str, str]:
    """Wait for the end of a program; return its exit code and what it wrote.

    :raises AssertionError: it took too long.
    """
    with process:
        try:
            printed, complaints = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, complaints = process.communicate()
            raise AssertionError(f"still running after {within} s: {printed}{complaints}") from None
    return process.returncode, printed, complaints


def wait_until(condition: Callable[[], object], within: float = 10.0) -> None:
    """Wait until a condition is true.

    :raises AssertionError: it does not become true in time.
    """
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "the condition did not become true"
        time.sleep(0.01)
