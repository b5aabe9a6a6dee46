"""The child process that the sandbox's server runs in, and the channel to it that only the parent has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, cast

from elements_sdk.sandbox.records import SandboxError

_NEEDED = ("django", "rest_framework", "cheroot", "pyotp")
_START_LIMIT = 60.0  # seconds; two are usual
_STOP_LIMIT = 5.0


class ServerProcess:
    """A running server. It ends when `close` is called, or when this process ends, however that happens.

    :ivar greeting: what the server says when it is ready: its address and accounts.
    """

    def __init__(self, port: int) -> None:
        missing = [name for name in _NEEDED if find_spec(name) is None]
        if missing:
            raise SandboxError(
                f'the sandbox needs {", ".join(missing)}; install its extra: pip install ".[sandbox]" from a clone'
            )
        self._lock = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix="elements-sandbox-")
        with open(Path(self._folder, "log"), "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "elements_sdk.sandbox.server", self._folder, str(port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(),
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for the parent, which then ends the child in good order
            )
        self.greeting = self._first_line()

    def ask(self, command: str, **arguments: Any) -> Any:
        """Have the server do something that is not possible over HTTP, and give its answer.

        :raises SandboxError: it has ended, or it says that it cannot.
        """
        with self._lock:
            line = ""
            with suppress(OSError, ValueError):  # the child, or we, have closed the channel
                self._to_child.write(json.dumps({"command": command, **arguments}) + "\n")
                self._to_child.flush()
                line = self._from_child.readline()
            answer = json.loads(line) if line else {"error": "the sandbox has ended"}
        if "error" in answer:
            raise SandboxError(answer["error"])
        return answer["result"]

    def wait(self) -> None:
        """Wait until the server has ended."""
        self._process.wait()

    def close(self) -> None:
        """End the server and remove its files."""
        with self._lock:
            with suppress(OSError):  # it has ended already
                self._to_child.close()  # the child ends when it cannot read from us any more
            try:
                self._process.wait(_STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._from_child.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _to_child(self) -> IO[str]:
        return cast("IO[str]", self._process.stdin)

    @property
    def _from_child(self) -> IO[str]:
        return cast("IO[str]", self._process.stdout)

    def _first_line(self) -> dict[str, Any]:
        """Wait until the server is ready, or has given up."""
        guard = threading.Timer(_START_LIMIT, self._process.kill)
        guard.start()
        line = self._from_child.readline()
        guard.cancel()
        if not line:
            log = Path(self._folder, "log").read_text("utf-8", "replace").strip().splitlines()
            self.close()
            raise SandboxError(f"the sandbox did not start: {log[-1] if log else 'it gave no reason'}")
        greeting: dict[str, Any] = json.loads(line)
        return greeting


def _environment() -> dict[str, str]:
    """The environment, so that the child finds this package where the parent did, and no Django settings of others."""
    ours = str(Path(__file__).resolve().parents[2])
    others = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**others, "PYTHONPATH": os.pathsep.join(filter(None, [ours, others.get("PYTHONPATH")]))}
