"""The child process that the sandbox's server runs in, and the channel to it that only the parent has."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from elements_sdk._utils.extras import missing_extra
from elements_sdk.sandbox.records import SandboxError

_START_LIMIT = 60.0  # seconds; one or two are usual
_STOP_LIMIT = 5.0

# The child finds this package where the parent did, and nothing of the folder that the parent happens to be in.
_PROGRAM = """
import sys
if sys.argv[1] not in sys.path:
    sys.path.insert(0, sys.argv[1])
from elements_sdk.sandbox.server.main import main
main(*sys.argv[2:])
"""


class ServerProcess:
    """A running server. It ends when `close` is called, or when this process ends, however that happens.

    :ivar greeting: what the server says when it is ready: its address and accounts.
    """

    def __init__(self, **options: Any) -> None:
        missing = missing_extra("sandbox")
        if missing:
            raise SandboxError(f"the sandbox cannot start: {missing}")
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._owner = os.getpid()
        self._folder = tempfile.mkdtemp(prefix="elements-sandbox-")
        try:
            self._process = _start(self._folder, options)
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise SandboxError(f"the sandbox did not start: {error.strerror}") from None
        self._to_child, self._from_child = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        try:
            self.greeting = self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def ask(self, command: str, **arguments: Any) -> Any:
        """Send the server a command that HTTP does not offer, and return the result.

        :raises SandboxError: the server has ended, or the command failed.
        """
        if os.getpid() != self._owner:
            raise SandboxError("the sandbox can be asked by the process that started it only")
        with self._lock:
            answer = self._answer(next(self._numbers), {"command": command, **arguments})
        if "error" in answer:
            raise SandboxError(answer["error"])
        return answer["result"]

    def wait(self) -> None:
        """Wait until the server has ended."""
        self._process.wait()

    def close(self) -> None:
        """End the server and remove its files; a fork of the process that started it only closes the channel."""
        with suppress(OSError):  # it has ended already
            self._to_child.close()  # the child ends when it cannot read from us any more
        if os.getpid() != self._owner:
            self._process.returncode = 0  # not ours to wait for
            return
        try:
            self._process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._from_child.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, number: int, question: dict[str, Any]) -> dict[str, Any]:
        """Ask, and read on until the answer with this number: an earlier question may have been interrupted."""
        with suppress(OSError, ValueError):  # the child, or we, have closed the channel
            self._to_child.write(json.dumps({"number": number, **question}) + "\n")
            self._to_child.flush()
            for line in self._from_child:
                answer: dict[str, Any] = json.loads(line)
                if answer.pop("number") == number:
                    return answer
        return {"error": "the sandbox has ended"}

    def _wait_until_ready(self) -> dict[str, Any]:
        guard = threading.Timer(_START_LIMIT, self._process.kill)
        guard.daemon = True
        guard.start()
        try:
            line = self._from_child.readline()
        finally:
            guard.cancel()
        if line:
            return dict(json.loads(line))
        log = Path(self._folder, "log")
        reasons = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
        raise SandboxError(f"the sandbox did not start: {reasons[-1] if reasons else 'it gave no reason'}")


def _start(folder: str, options: dict[str, Any]) -> subprocess.Popen[str]:
    package = str(Path(__file__).resolve().parents[2])
    # The caller's token and passwords are none of the sandbox's business.
    dropped = ("DJANGO_SETTINGS_MODULE", "ELEMENTS_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    with open(Path(folder, "log"), "wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, package, folder, json.dumps(options), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            umask=0o077 if os.name == "posix" else -1,  # what it keeps holds passwords
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C goes to the parent only, which then ends the child in order
        )
