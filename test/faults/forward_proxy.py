"""A real HTTP proxy on this machine: proxy.py, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SECONDS_TO_START = 20
_OPTIONS = ("--hostname=127.0.0.1", "--port=0", "--num-workers=1", "--num-acceptors=1", "--log-level=WARNING")


@contextmanager
def forward_proxy(folder: Path, basic_auth: str | None = None) -> Iterator[str]:
    """Yield the host and port of a proxy that forwards and tunnels to everywhere.

    :param folder: an empty one, for its files.
    :param basic_auth: `name:password` that it requires of its clients.
    """
    port_file = folder / "port"
    options = [*_OPTIONS, "--port-file", str(port_file), "--data-dir", str(folder)]
    if basic_auth is not None:
        options += ["--basic-auth", basic_auth]
    with (folder / "log").open("wb") as log:
        own_home = {**os.environ, "HOME": str(folder)}  # else it makes a folder in that of the user
        process = subprocess.Popen([sys.executable, "-m", "proxy", *options], stdout=log, stderr=log, env=own_home)
    try:
        yield f"127.0.0.1:{_port_in(port_file, process)}"
    finally:
        process.terminate()
        process.wait(10)


def _port_in(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Return the port that the proxy writes to a file once it listens.

    :raises RuntimeError: it did not start.
    """
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        if file.exists() and (text := file.read_text().strip()):
            return int(text)
        time.sleep(0.02)
    raise RuntimeError(f"proxy.py did not start: {(file.parent / 'log').read_text()}")
