"""Prepares the database, serves, and obeys the parent until the parent is gone.

Called as `python -m elements_sdk.sandbox.server FOLDER PORT`; the standard streams are the channel to the parent.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path

from elements_sdk.sandbox.server import settings


def main() -> None:
    """Run until standard input ends."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    channel, sys.stdout = sys.stdout, sys.stderr  # nothing but answers to the parent goes through the channel
    settings.configure(folder / "database.sqlite3")

    from elements_sdk.sandbox.server import control, seed, web

    accounts = seed.fill()
    server = web.start(port)
    greeting = {"host": "http://{}:{}".format(*server.bind_addr), "accounts": accounts}
    print(json.dumps(greeting), file=channel, flush=True)
    threading.Thread(target=_end_with_parent, args=(folder, os.getppid()), daemon=True).start()
    for line in sys.stdin:
        print(json.dumps(control.obey(**json.loads(line))), file=channel, flush=True)
    _end(folder)


def _end_with_parent(folder: Path, parent: int) -> None:
    """End when the parent has: its end of the channel may live on in a process that it forked."""
    while os.getppid() == parent:
        time.sleep(0.5)
    _end(folder)


def _end(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # at once, whatever requests are under way


if __name__ == "__main__":
    main()
