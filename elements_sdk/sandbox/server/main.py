"""Prepares the database, serves, and runs the commands of the parent until the parent is gone.

The standard streams are the channel to the parent: questions come in, one JSON object a line, and answers go out.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TextIO

from elements_sdk.sandbox.server import settings


def main(folder: str, options: str, parent: str) -> None:
    """Run until standard input or the parent process ends."""
    channel, sys.stdout = sys.stdout, sys.stderr  # nothing but answers to the parent goes through the channel
    threading.Thread(target=_end_with_parent, args=(folder, int(parent)), daemon=True).start()
    try:
        _serve(Path(folder), settings.Options(**json.loads(options)), channel)
    except BaseException:
        traceback.print_exc()
        _end(folder, status=1, remove=False)  # the parent reads the log, and removes the folder
    _end(folder)


def _serve(folder: Path, options: settings.Options, channel: TextIO) -> None:
    settings.configure(Path(options.data or folder / "database.sqlite3"), options)
    from elements_sdk.sandbox.server import control, seed, web

    accounts = seed.fill(options.tokens)
    control.snapshot()
    ca_file = web.make_certificates(folder, options.hosts) if options.https else None
    server = web.start(options.port, folder if options.https else None)
    scheme = "https" if options.https else "http"
    greeting = {
        "host": "{}://{}:{}".format(scheme, *server.bind_addr),
        "ca_file": None if ca_file is None else str(ca_file),
        "accounts": accounts,
    }
    print(json.dumps(greeting), file=channel, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        number = question.pop("number")
        print(json.dumps({"number": number, **control.dispatch(**question)}), file=channel, flush=True)


def _end_with_parent(folder: str, parent: int) -> None:
    """End when the parent has ended: its end of the channel may live on in a process that it forked."""
    while os.getppid() == parent:
        time.sleep(0.25)
    _end(folder)


def _end(folder: str, status: int = 0, remove: bool = True) -> None:
    """End at once, whatever requests are under way."""
    sys.stderr.flush()
    if remove or os.getppid() == 1:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(status)
